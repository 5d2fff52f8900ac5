"""The events that a session reports to its frontend, in the order in which they happened.

Times are in microseconds since 1970-01-01 UTC.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chat_client.places import Place, Query

if TYPE_CHECKING:  # loading the messages takes time, and the question for the name does not need them
    from chat_wire.messages import NoticeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The session waits for something and keeps trying. Reported once for each reason."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOver:
    """The session no longer waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLost:
    """A session that has joined lost its connection. It sends new posts once it is connected again."""

    broker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedAgain:
    """The session is connected again and continues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRefused:
    """The session did not get the name, and may claim another."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The session has the name. The events before this one have the history, unless the archive did not answer.

    Without an answer, a Remark before this event has the reason.
    """

    name: str
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived:
    """A post of the room, reported once. A post of this session carries its `sequence`.

    The `place` is not compared: the stream and the archive report the same post with and without a number. Nor is
    `traceparent`, the context of the router's span for a traced post of the stream: the archive does not keep it.
    """

    at: int
    user: str
    text: str
    sequence: int | None = None
    place: Place | None = field(default=None, compare=False)
    traceparent: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChanged:
    """A user joined, left, lost the connection, or is back."""

    at: int
    user: str
    kind: "NoticeKind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delayed:
    """A post has not come back for some seconds, but still may. Reported once for each post."""

    sequence: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """A post is not in the room, and the session will not send it again."""

    sequence: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersListed:
    """The users: those connected, those that hold a name without a connection, and scripts, which no notice has."""

    connected: tuple[str, ...]
    disconnected: tuple[str, ...]
    quiet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MyMessagesListed:
    """Some of the person's own posts, oldest first. The last such event carries the `total`."""

    messages: tuple[MessageReceived, ...]
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryListed:
    """The messages that a query of the room's history found, oldest first.

    Attributes:
        query: The query.
        messages: The messages.
        more: Whether there are more messages in the direction of the query.
        failed: Whether the archive did not answer, or refused. A Remark before this event has the reason.
    """

    query: Query
    messages: tuple[MessageReceived, ...]
    more: bool
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchListed:
    """The messages that have the words of a search, oldest first; `more` if there are older ones.

    No messages together with `more` mean that the search failed. A Remark before this event has the reason.
    """

    words: str
    messages: tuple[MessageReceived, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A remark for the person."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The session is over. `freed` if the person left, so that the name is free."""

    text: str
    freed: bool


Event = (
    Waiting
    | WaitingOver
    | ConnectionLost
    | ConnectedAgain
    | NameRefused
    | Joined
    | MessageReceived
    | PresenceChanged
    | Delayed
    | NotSent
    | UsersListed
    | MyMessagesListed
    | HistoryListed
    | SearchListed
    | Remark
    | Ended
)
