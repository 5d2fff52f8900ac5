"""What the checker judges: operations with the time they were asked and answered, and what each member heard."""

from dataclasses import dataclass
from typing import Literal

# The time of an answer that never came.
NEVER = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOp:
    """A text that was posted.

    `confirmed` and `refused` are what its sender was told; `contradicted` is both; with `unknown` the sender or its
    session ended before it was told anything that counts.
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
    """Something that a name's holder depends on, or that tells of it.

    claim    granted: the session holds the name; refused: another author does
    exit     granted: the session does not hold the name any more
    release  granted: nobody holds it any more; refused: nobody did. Asked for by an operator
    resume   granted: the session still holds it
    lost     granted: the session was told that it does not hold it any more, without having asked
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
    """A post as a member was told of it."""

    user: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A session's time in the room: what it heard in order, from the history it was given when it joined.

    `joined` and `left` (asked to exit, closed, or told that it is over) are times. `cuts` are the times during which it
    knew that it had no connection. `to_end` says that it was there when all others had come to rest. `uninformed` says
    that no archive told it what was said before it came.
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
    """A person's question for its own messages; `heard` is None when there was no whole answer."""

    session: str
    author: str
    key: str
    asked: int
    answered: int = NEVER
    heard: tuple[Heard, ...] | None = None
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersOp:
    """A question who is there; answered if `answered` is not NEVER."""

    session: str
    asked: int
    answered: int = NEVER
    connected: tuple[str, ...] = ()
    disconnected: tuple[str, ...] = ()
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that the clients of a run did and saw. `stuck` names what had not ended when patience had."""

    posts: tuple[PostOp, ...] = ()
    names: tuple[NameOp, ...] = ()
    stays: tuple[Stay, ...] = ()
    mine: tuple[MineOp, ...] = ()
    users: tuple[UsersOp, ...] = ()
    stuck: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post as the room's stream or log.txt has it. Times are microseconds since 1970."""

    offset: int
    index: int
    id: str
    user: str
    author: str
    text: str
    client_ts: int
    server_ts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The room after the run: its stream with everything that came twice, and log.txt, each in its order.

    `unreadable` are lines of log.txt and entries of the stream that nobody can read.
    """

    stream: tuple[Entry, ...] = ()
    log: tuple[Entry, ...] = ()
    unreadable: tuple[str, ...] = ()
