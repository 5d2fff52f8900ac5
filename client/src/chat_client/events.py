"""What a session tells its face: plain data, in the order it happened. Times as in chat_wire.messages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loading the messages takes time, and the question for the name needs none of them
    from chat_wire.messages import NoticeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that is needed is not there; the session waits and tries again by itself. Told once."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOver:
    """What was waited for is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLost:
    """A session that was joined has no connection; what is posted now is sent when it is back."""

    broker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedAgain:
    """The session goes on where it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRefused:
    """The name asked for cannot be had; another may be asked for."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The name is ours, and the history has been told."""

    name: str
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived:
    """A post of the room, told once. `sequence` is set on the session's own: the post has come back."""

    at: int
    user: str
    text: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChanged:
    """Somebody joined, left, lost the connection, or is back."""

    at: int
    user: str
    kind: "NoticeKind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delayed:
    """A post has not come back for some seconds; it still may. Told once of each."""

    sequence: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """A post is not in the room, and will not be sent again."""

    sequence: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersListed:
    """Who is there, and who holds a name without a connection."""

    connected: tuple[str, ...]
    disconnected: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MineListed:
    """Some of the person's own posts, oldest first; with `total` the list is complete."""

    messages: tuple[MessageReceived, ...]
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderListed:
    """What was said before all that was told of the room, oldest first; `more` if there may be still older ones.

    None, and yet more, is a question that failed: a Remark before it says why.
    """

    messages: tuple[MessageReceived, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchListed:
    """What the room has of the words searched for, oldest first; `more` if there are older ones.

    None, and yet more, is a search that failed: a Remark before it says why.
    """

    words: str
    messages: tuple[MessageReceived, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something the person should know."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The session is over. `freed` if it was asked to be, so that the name is free."""

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
    | MineListed
    | OlderListed
    | SearchListed
    | Remark
    | Ended
)
