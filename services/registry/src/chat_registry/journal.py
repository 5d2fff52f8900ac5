"""What the journal is made of: the registry's own messages, which every replica applies entry by entry.

A message is an entry, or an array of all the entries that a replica had to append at one moment: they stand at one
offset, one after the other.

An entry never holds a secret or a token: the replica that appends it has hashed the one and verified
the other. Its time is the only time that counts, so that all replicas come to the same end.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from chat_wire import codec
from chat_wire.errors import DecodeError


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What all entries have: which replica appended it (and answers), and when (microseconds)."""

    origin: str
    time: int


class Asked(Entry, frozen=True, kw_only=True):
    """An entry that somebody asked for and whose answer goes to `inbox`."""

    request: str
    inbox: str


class ClaimName(Asked, frozen=True, kw_only=True, tag="claim_name"):
    """An author wants a name; `key` is what makes it unique, `name` is how it was typed."""

    name: str
    key: str
    author: str


class ResumeSession(Asked, frozen=True, kw_only=True, tag="resume_session"):
    """The bearer of a session's token is back, or wants a later expiry."""

    session: str
    author: str


class ExitSession(Asked, frozen=True, kw_only=True, tag="exit_session"):
    """The bearer of a session's token ends it."""

    session: str


class ReleaseName(Asked, frozen=True, kw_only=True, tag="release_name"):
    """An operator frees a name."""

    key: str
    name: str


class Departed(Entry, frozen=True, kw_only=True, tag="departed"):
    """The broker says that an inbox is gone."""

    inbox: str


class Marker(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="marker"):
    """A marker of the wire's (chat_wire.messages), as it is read here."""

    origin: str


Command: TypeAlias = ClaimName | ResumeSession | ExitSession | ReleaseName | Departed
_decoder = msgspec.json.Decoder(Command | Marker | tuple[Command, ...])


def encode(entries: Sequence[Command]) -> bytes:
    """The message that appends these entries."""
    return codec.encode(entries[0] if len(entries) == 1 else entries)


def decode(body: bytes) -> tuple[Command | Marker, ...]:
    """The entries, or the marker, in a message; raises DecodeError."""
    try:
        message = _decoder.decode(body)
    except codec.UNREADABLE as error:
        raise DecodeError(f"journal: {error}") from None
    return message if isinstance(message, tuple) else (message,)


def digest(body: bytes) -> str:
    """What a message is recognised by when its stream is read again."""
    return hashlib.sha256(body).hexdigest()[:32]
