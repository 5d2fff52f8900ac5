"""Requests to the services, and the list of those that wait for an answer.

A `Request` makes its message and handles the answer, the refusal or the lack of an answer. It may be made any number of
times. Each time, `PendingRequests` gives it a new id and sends its message again until an answer with that id arrives.

Times are seconds on a clock that never goes back.
"""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from chat_amqp import topology, traces
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
    Renew,
    Resume,
    Search,
    Users,
)

RESEND_SECONDS = 5.0
RETURNED_SECONDS = 1.0

RequestMessage = Claim | Resume | Renew | Exit | ListUsers | History | Mine | Search
Answer = Granted | Exited | Users | Page
A = TypeVar("A", Granted, Exited, Users, Page)


class Request(ABC, Generic[A]):
    """A request to a service, made any number of times.

    Attributes:
        exchange: The exchange to which the request goes.
        key: The routing key.
        first: Whether no other request to this exchange is sent until this one is answered.
        expects: The class of the answer.
    """

    exchange: ClassVar[str] = topology.MEMBERS.name
    key = ""
    first: ClassVar[bool] = False
    expects: ClassVar[type[Answer]]

    def __init__(self, pending: "PendingRequests", emit: Callable[[Event], None]) -> None:
        """Prepare a request, without making it.

        Args:
            pending: Keeps the request until it is answered.
            emit: Receives the events that follow from the answer.
        """
        self._pending = pending
        self._emit = emit

    @property
    def waiting(self) -> bool:
        """Whether the request waits for its answer."""
        return self._pending.waiting(self)

    @abstractmethod
    def message(self, id: str, grant: Granted) -> RequestMessage:
        """Return the message that carries the request.

        Args:
            id: The id that the answer will repeat.
            grant: The session of the member.
        """

    @abstractmethod
    def answered(self, answer: A, link: MemberLink, now: float) -> None:
        """Handle the answer."""

    def refused(self, text: str, _link: MemberLink) -> None:
        """Handle a refusal, whose text is for the person."""
        self._emit(Remark(text=text))

    def given_up(self, _link: MemberLink) -> None:
        """Handle that no answer came in time."""


class EntranceRequest(Request[Granted]):
    """A request for a session, or for a new token of one, which only the entrance takes."""

    exchange = topology.ENTRANCE.name
    expects = Granted

    @abstractmethod
    def message(self, id: str, grant: Granted | None) -> Claim | Resume:
        """Return the message that carries the request. Before the first grant, `grant` is None."""


@dataclass(slots=True)
class _Pending:
    """A request that waits for its answer, and the times at which it is sent next and given up."""

    id: str
    request: Request[Any]
    due: float
    give_up: float | None
    headers: Mapping[str, Any]
    times_sent: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A request to send now; `again` if it was sent on this connection before. Its headers carry its trace."""

    id: str
    request: Request[Any]
    again: bool
    headers: Mapping[str, Any]


class PendingRequests:
    """The requests that wait for an answer. Each is due again 5 s after it was sent, with the same id."""

    def __init__(self) -> None:
        """Start without requests."""
        self._pending: dict[str, _Pending] = {}

    def add(self, request: Request[Any], due: float = 0.0, give_up: float | None = None) -> None:
        """Add a request, under a new id.

        Args:
            request: The request.
            due: When to send it first.
            give_up: When to give it up; None for never.
        """
        id = secrets.token_hex(16)
        self._pending[id] = _Pending(id, request, due, give_up, traces.headers())

    def due(self, now: float, *, at_entrance: bool) -> list[Due]:
        """Return the requests to send now. Call `mark_sent` for each that is sent.

        Args:
            now: The present time.
            at_entrance: Whether the connection is that of the entrance, and not that of a session.
        """
        held = {each.request.exchange for each in self._pending.values() if each.request.first}
        return [
            Due(each.id, each.request, again=each.times_sent > 0, headers=each.headers)
            for each in self._pending.values()
            if each.due <= now
            and isinstance(each.request, EntranceRequest) == at_entrance
            and (each.request.first or each.request.exchange not in held)
        ]

    def mark_sent(self, id: str, now: float) -> None:
        """Note that a request is sent now."""
        self._pending[id].due = now + RESEND_SECONDS
        self._pending[id].times_sent += 1

    def pop_answered(self, id: str | None) -> Request[Any] | None:
        """Remove and return the request that has its answer, or return None if the id is not known."""
        pending = self._pending.pop(id, None) if id else None
        return pending.request if pending else None

    def pop_overdue(self, now: float) -> list[Request[Any]]:
        """Remove and return the requests whose time to give up has come."""
        overdue = [each for each in self._pending.values() if each.give_up is not None and each.give_up <= now]
        for each in overdue:
            del self._pending[each.id]
        return [each.request for each in overdue]

    def prolong(self, until: float) -> None:
        """Give up no request before `until`: without a connection, no answer could arrive."""
        for each in self._pending.values():
            if each.give_up is not None:
                each.give_up = max(each.give_up, until)

    def returned(self, exchange: str, now: float) -> None:
        """Make the requests to an exchange due soon, as the broker returned or refused one of them."""
        for each in self._pending.values():
            if each.request.exchange == exchange:
                each.due = min(each.due, now + RETURNED_SECONDS)

    def lost(self) -> None:
        """Make all requests due at once: the connection is lost, and the address for answers with it."""
        for each in self._pending.values():
            each.due, each.times_sent = 0.0, 0

    def cancel(self, request: Request[Any]) -> None:
        """Remove a request, if it waits."""
        self._pending = {id: each for id, each in self._pending.items() if each.request is not request}

    def waiting(self, request: Request[Any]) -> bool:
        """Return whether a request waits for its answer."""
        return any(each.request is request for each in self._pending.values())

    def next_time(self) -> float | None:
        """Return when the next request is due or given up; None without requests."""
        times = [time for each in self._pending.values() for time in (each.due, each.give_up) if time is not None]
        return min(times, default=None)
