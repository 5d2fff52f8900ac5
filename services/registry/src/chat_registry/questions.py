"""Answer `ListUsers` once the replica has applied the journal up to the offset that the question names.

So `/users` lists at least the asker, whose offset is that of its own grant. A question waits for 3 s at most.
"""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import structlog

from chat_amqp.publisher import Publication
from chat_registry.state import State
from chat_wire.codec import encode
from chat_wire.errors import InvalidToken
from chat_wire.messages import Refused, Users
from chat_worker.metrics import REFUSALS
from chat_worker.replies import reply

log = structlog.get_logger()

MAX_WAITING = 1_000
WAIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UserQuestion:
    """A `ListUsers` that waits for the journal offset `after`, at most until `deadline` (monotonic seconds)."""

    session: str
    request: str
    inbox: str
    after: int
    deadline: float


class UserQuestions:
    """The questions that the replica cannot answer yet."""

    def __init__(self) -> None:
        """Start without questions."""
        self._waiting: deque[UserQuestion] = deque()
        self._listed: tuple[int, int, Users] | None = None

    def ask(self, session: str, request: str, inbox: str, after: int, state: State) -> Iterator[Publication]:
        """Answer a question now if the state includes the offset `after`; else keep it for later.

        If too many questions wait already, refuse it.
        """
        if after > state.offset and len(self._waiting) >= MAX_WAITING:
            REFUSALS.labels("busy").inc()
            busy = Refused(request=request, reason="busy", text="too many questions at once: ask again")
            yield from reply(inbox, encode(busy))
            return
        deadline = time.monotonic() + WAIT_SECONDS
        question = UserQuestion(session=session, request=request, inbox=inbox, after=after, deadline=deadline)
        self._waiting.append(question)
        yield from self.answer(state)

    def answer(self, state: State) -> Iterator[Publication]:
        """Answer every question whose offset the state includes, or whose deadline has passed.

        A late question may name the offset of a journal that has been deleted, so its answer is the present state.
        """
        waiting, self._waiting = self._waiting, deque()
        for question in waiting:
            if question.after > state.offset and question.deadline > time.monotonic():
                self._waiting.append(question)
                continue
            if question.after > state.offset:
                log.warning("question.late", after=question.after, offset=state.offset)
            yield from reply(question.inbox, encode(self._answer(question, state)))

    def _answer(self, question: UserQuestion, state: State) -> Users | Refused:
        if question.session not in state.sessions:
            REFUSALS.labels(InvalidToken.reason).inc()
            return Refused(
                request=question.request, reason=InvalidToken.reason, text="this session has ended: join again"
            )
        return replace(self._users(state), request=question.request)

    def _users(self, state: State) -> Users:
        """Return the list for a state. Sorting takes 0.1 s for 100,000 names, so it is done once for each state."""
        if self._listed is None or self._listed[:2] != (state.offset, state.index):
            self._listed = (state.offset, state.index, list_users(state))
        return self._listed[2]


def list_users(state: State) -> Users:
    """Return the names in use. A name under which no client has been connected is not among them."""
    seen = (holder for holder in state.holders.values() if holder.seen)
    holders = sorted(seen, key=lambda holder: (holder.quiet, holder.key))
    told = [holder for holder in holders if not holder.quiet]
    return Users(
        request="",
        connected=tuple(holder.name for holder in told if holder.connected),
        disconnected=tuple(holder.name for holder in told if not holder.connected),
        quiet=tuple(holder.name for holder in holders[len(told) :]),
    )
