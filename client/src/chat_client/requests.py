"""Questions to the services, and the requests that carry them until they are answered.

A question knows how it goes on the wire, and how it is answered, refused and given up. A request is one sending of it:
an id, and the times at which it is due.

Times are seconds on a clock that never goes back.
"""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from kombu.entity import Queue

from chat_amqp import topology
from chat_client.events import Event, Remark
from chat_client.member_link import MemberLink
from chat_wire.messages import (
    Claim,
    Exit,
    Exited,
    Granted,
    History,
    ListUsers,
    Mine,
    Page,
    Resume,
    Search,
    Users,
)

AGAIN_SECONDS = 5.0
BOUNCED_SECONDS = 1.0

Request = Claim | Resume | Exit | ListUsers | History | Mine | Search
Answer = Granted | Exited | Users | Page
A = TypeVar("A", Granted, Exited, Users, Page)


class Question(ABC, Generic[A]):
    """A question to a service. It may be asked again once it has been answered.

    Attributes:
        queue: The queue of the service.
        expects: The class of the answer.
    """

    queue: ClassVar[Queue] = topology.COMMANDS
    expects: ClassVar[type[Answer]]

    def __init__(self, requests: "Requests", emit: Callable[[Event], None]) -> None:
        """Make a question that is not asked yet.

        Args:
            requests: Sends the question.
            emit: Receives the events that come of it.
        """
        self._requests = requests
        self._emit = emit

    @property
    def waiting(self) -> bool:
        """Whether the question is asked and has no answer yet."""
        return self._requests.waiting(self)

    @abstractmethod
    def message(self, request: str, grant: Granted) -> Request:
        """Return the question as it goes on the wire.

        Args:
            request: The id of the request.
            grant: The session that asks.
        """

    @abstractmethod
    def answered(self, answer: A, link: MemberLink, now: float) -> None:
        """Handle the answer."""

    def refused(self, text: str, _link: MemberLink) -> None:
        """Handle a refusal, whose text is for the person."""
        self._emit(Remark(text=text))

    def given_up(self, _link: MemberLink) -> None:
        """Handle that no answer came in time."""


class OpeningQuestion(Question[Granted]):
    """A question for the session itself. Until it is answered, no other question is sent."""

    expects = Granted

    @abstractmethod
    def message(self, request: str, grant: Granted | None) -> Claim | Resume:
        """Return the question as it goes on the wire; there may be no session yet."""


@dataclass(slots=True)
class _Asked:
    request: str
    question: Question[Any]
    due: float
    give_up: float | None
    times: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A request to send now; `again` if it was sent on this connection before."""

    request: str
    question: Question[Any]
    again: bool


class Requests:
    """The requests without an answer. Each is sent again after 5 s, with the same id."""

    def __init__(self) -> None:
        """Start without requests."""
        self._asked: dict[str, _Asked] = {}

    def ask(self, question: Question[Any], due: float = 0.0, give_up: float | None = None) -> None:
        """Make a new request for a question.

        Args:
            question: The question.
            due: When to send it first.
            give_up: When to give it up; None for never.
        """
        request = secrets.token_hex(16)
        self._asked[request] = _Asked(request, question, due, give_up)

    def due(self, now: float, *, granted: bool) -> list[Due]:
        """Return the requests to send now, and count them as sent.

        Args:
            now: The present time.
            granted: Whether there is a session. Without one, only questions for a session are due.
        """
        opening_only = not granted or any(isinstance(each.question, OpeningQuestion) for each in self._asked.values())
        found = [
            asked
            for asked in self._asked.values()
            if asked.due <= now and (isinstance(asked.question, OpeningQuestion) or not opening_only)
        ]
        for asked in found:
            asked.due = now + AGAIN_SECONDS
            asked.times += 1
        return [Due(asked.request, asked.question, asked.times > 1) for asked in found]

    def answered(self, request: str | None) -> Question[Any] | None:
        """Remove a request that has its answer; return its question, or None if the request is not known."""
        asked = self._asked.pop(request, None) if request else None
        return asked.question if asked else None

    def given_up(self, now: float) -> list[Question[Any]]:
        """Remove the requests whose time is over; return their questions."""
        found = [asked for asked in self._asked.values() if asked.give_up is not None and asked.give_up <= now]
        for asked in found:
            del self._asked[asked.request]
        return [asked.question for asked in found]

    def prolong(self, until: float) -> None:
        """Give up no request before `until`: without a connection, no answer could arrive."""
        for asked in self._asked.values():
            if asked.give_up is not None:
                asked.give_up = max(asked.give_up, until)

    def bounced(self, exchange: str, now: float) -> None:
        """Send the requests to an exchange again soon, as one of them reached no queue there."""
        for asked in self._asked.values():
            if asked.question.queue.exchange.name == exchange:
                asked.due = min(asked.due, now + BOUNCED_SECONDS)

    def lost(self) -> None:
        """Send all requests again: the connection is gone, and the inbox with it."""
        for asked in self._asked.values():
            asked.due, asked.times = 0.0, 0

    def drop(self, question: Question[Any]) -> None:
        """Remove the requests of a question."""
        self._asked = {key: asked for key, asked in self._asked.items() if asked.question is not question}

    def waiting(self, question: Question[Any]) -> bool:
        """Return whether a question has no answer yet."""
        return any(asked.question is question for asked in self._asked.values())

    def next_time(self) -> float | None:
        """Return when the next request is due or given up; None without requests."""
        times = [time for asked in self._asked.values() for time in (asked.due, asked.give_up) if time is not None]
        return min(times, default=None)
