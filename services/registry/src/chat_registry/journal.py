"""What the journal is made of: the registry's own messages, each an entry that every replica applies.

An entry never holds a secret or a token: the replica that appends it has hashed the one and verified
the other. Its time is the only time that counts, so that all replicas come to the same end.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chat_wire import codec
from chat_wire.messages import Marker


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What all entries have: which replica appended it (and answers), and when (microseconds)."""

    origin: str
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Entry):
    """An entry that somebody asked for and whose answer goes to `inbox`."""

    request: str
    inbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimName(Asked):
    """An author wants a name; `key` is what makes it unique, `name` is how it was typed."""

    type: Literal["claim_name"] = "claim_name"
    name: str
    key: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeSession(Asked):
    """The bearer of a session's token is back, or wants a later expiry."""

    type: Literal["resume_session"] = "resume_session"
    session: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitSession(Asked):
    """The bearer of a session's token ends it."""

    type: Literal["exit_session"] = "exit_session"
    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseName(Asked):
    """An operator frees a name."""

    type: Literal["release_name"] = "release_name"
    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed(Entry):
    """The broker says that an inbox is gone."""

    type: Literal["departed"] = "departed"
    inbox: str


Command: TypeAlias = ClaimName | ResumeSession | ExitSession | ReleaseName | Departed
_KINDS: tuple[type[Command | Marker], ...] = (
    ClaimName,
    ResumeSession,
    ExitSession,
    ReleaseName,
    Departed,
    Marker,
)


def decode(body: bytes) -> Command | Marker:
    """The entry or marker in `body`; raises as `chat_wire.codec.decode` does."""
    return codec.decode(body, *_KINDS)


def digest(body: bytes) -> str:
    """What an entry is recognised by when its stream is read again."""
    return hashlib.sha256(body).hexdigest()[:32]
