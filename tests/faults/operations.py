"""The input of the checker: timed operations with their outcomes, and the messages that each member received."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# The time of an answer that never came.
NEVER = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOp:
    """A posted text.

    The outcome is `confirmed` or `refused` if the sender saw that, `contradicted` if it saw both, and `unknown` if the
    sender or its session ended first.
    """

    session: str
    author: str
    name: str
    number: int
    text: str
    asked: int
    answered: int = NEVER
    outcome: Literal["confirmed", "refused", "contradicted", "unknown"] = "unknown"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameOp:
    """An operation that changes or shows the holder of a name.

    claim    granted: the session holds the name; refused: another author holds it
    exit     granted: the session no longer holds the name
    release  by an operator; granted: the name is free; refused: it was free already
    resume   granted: the session still holds the name
    lost     granted: the session ended without its own request, and does not hold the name
    """

    kind: Literal["claim", "exit", "release", "resume", "lost"]
    key: str
    session: str
    author: str
    asked: int
    answered: int = NEVER
    outcome: Literal["granted", "refused", "unknown"] = "unknown"


@dataclass(frozen=True, slots=True)
class Heard:
    """A post as a member received it."""

    user: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """The time of a session in the room.

    Attributes:
        session: The label of the session.
        key: The key of its name.
        joined: The time of its grant, in nanoseconds like all times here.
        left: The time at which it asked to exit, closed, or learnt that it had ended.
        closed: The time at which its client closed it.
        cuts: The periods in which it knew that it had no connection.
        heard: The received posts in order, beginning with the history that it received when it joined.
        to_end: Whether it was present when all members had come to rest.
        uninformed: Whether it joined without the history, because no archive answered.
    """

    session: str
    key: str
    joined: int
    left: int = NEVER
    closed: int = NEVER
    cuts: tuple[tuple[int, int], ...] = ()
    heard: tuple[Heard, ...] = ()
    to_end: bool = False
    uninformed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MineOp:
    """A /mymsgs request; `heard` is None without a complete answer."""

    session: str
    author: str
    key: str
    asked: int
    answered: int = NEVER
    heard: tuple[Heard, ...] | None = None
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOp:
    """A request for the newest page of the room's history, or the page before a place.

    Attributes:
        before: Offset and index of the message after the page; None for the newest page.
        heard: The messages of the page, oldest first; None without an answer.
        more: Whether there are older messages.
    """

    session: str
    asked: int
    answered: int = NEVER
    before: tuple[int, int] | None = None
    heard: tuple[Heard, ...] | None = None
    more: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOp:
    """A search for the newest messages of a name; `heard` has them oldest first, and is None without an answer."""

    session: str
    key: str
    asked: int
    answered: int = NEVER
    heard: tuple[Heard, ...] | None = None
    more: bool = False
    final: bool = False


Question = MineOp | PageOp | SearchOp


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersOp:
    """A /users request; `answered` is NEVER without an answer."""

    session: str
    asked: int
    answered: int = NEVER
    connected: tuple[str, ...] = ()
    disconnected: tuple[str, ...] = ()
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that the clients of a run did and saw; `stuck` describes each step that did not end in time."""

    posts: tuple[PostOp, ...] = ()
    names: tuple[NameOp, ...] = ()
    stays: tuple[Stay, ...] = ()
    mine: tuple[MineOp, ...] = ()
    pages: tuple[PageOp, ...] = ()
    searches: tuple[SearchOp, ...] = ()
    users: tuple[UsersOp, ...] = ()
    stuck: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post in the stream of the room or in a copy of it; its times are microseconds since 1970.

    Its number is that of its line in log.txt, or that in the index; in the stream it is 0.
    """

    offset: int
    index: int
    id: str
    user: str
    author: str
    text: str
    client_ts: int
    server_ts: int
    number: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The room after the run.

    Attributes:
        stream: The posts of the stream in order, including repeated ones.
        copies: What the archives recorded of it: the posts of log.txt on each host, and of the index, in order.
        unreadable: A description of each invalid line of log.txt and entry of the stream.
    """

    stream: tuple[Entry, ...] = ()
    copies: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
