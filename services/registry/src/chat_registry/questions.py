"""Who is there? Answered when the replica has read as much of the journal as the one who asks knows of."""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from chat_amqp.publisher import Publication
from chat_registry.state import State
from chat_wire.codec import encode
from chat_wire.messages import Refused, Users
from chat_worker.dead import reply

log = structlog.get_logger()

MOST_WAITING = 1_000
WAIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A `ListUsers` that waits for journal offset `after`, but not beyond `deadline` (monotonic seconds)."""

    request: str
    inbox: str
    after: int
    deadline: float


class Questions:
    """The questions that this replica cannot answer yet."""

    def __init__(self) -> None:
        self._waiting: deque[Question] = deque()

    def ask(self, request: str, inbox: str, after: int, state: State) -> Iterator[Publication]:
        """Answer now if the state is far enough, else keep the question; too many are refused."""
        if after > state.offset and len(self._waiting) >= MOST_WAITING:
            busy = Refused(request=request, reason="busy", text="too many questions at once: ask again")
            yield from reply(inbox, encode(busy))
            return
        deadline = time.monotonic() + WAIT_SECONDS
        self._waiting.append(Question(request=request, inbox=inbox, after=after, deadline=deadline))
        yield from self.answer(state)

    def answer(self, state: State) -> Iterator[Publication]:
        """Answer what can be answered now.

        One that has waited too long is answered with what is known: its offset may be that of a journal
        that has been deleted.
        """
        waiting, self._waiting = self._waiting, deque()
        for question in waiting:
            if question.after <= state.offset:
                yield from reply(question.inbox, encode(_users(question.request, state)))
            elif question.deadline <= time.monotonic():
                log.warning("question.late", after=question.after, offset=state.offset)
                yield from reply(question.inbox, encode(_users(question.request, state)))
            else:
                self._waiting.append(question)


def _users(request: str, state: State) -> Users:
    holders = sorted(state.holders.values(), key=lambda holder: holder.key)
    return Users(
        request=request,
        connected=tuple(holder.name for holder in holders if holder.connected),
        disconnected=tuple(holder.name for holder in holders if not holder.connected),
    )
