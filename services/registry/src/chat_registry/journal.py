"""The entries of the journal, which every replica applies in the same order.

A journal message is one entry, or an array of all the entries that a replica appends at one moment; those share an
offset. A replica that finds an entry of a newer version stops serving, as its state would be wrong from then on.

No entry contains a secret or a token: the replica that appends an entry hashes the secret and verifies the token
first. Replicas use only the time in the entry, never their own clocks, so all of them reach the same state.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from chat_registry.versions import JOURNAL_VERSION, JournalVersion
from chat_wire import codec
from chat_wire.errors import DecodeError
from chat_wire.versions import refuse_newer


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """The fields of every entry.

    Attributes:
        origin: The replica that appended the entry and publishes its outcome.
        time: The time of the entry, in microseconds.
        version: The oldest version of the registry's rules that decides the entry rightly. Version 1 is not written.
    """

    origin: str
    time: int
    version: JournalVersion = 1


class RequestedEntry(Entry, frozen=True, kw_only=True):
    """An entry for a request; the answer goes to `inbox`.

    Attributes:
        request: The id of the request.
        inbox: The inbox that waits for the answer.
        traceparent: The context of the span that appended the entry; empty without a trace. It decides nothing.
    """

    request: str
    inbox: str
    traceparent: str = ""


class ClaimName(RequestedEntry, frozen=True, kw_only=True, tag="claim_name"):
    """An author asks for a name.

    Attributes:
        name: The name as typed.
        key: The form of the name that makes it unique.
        author: The SHA-256 of the user's secret.
        distinct: Whether to refuse the name if it looks like one in use. Entries of 0.2.0 and older lack this field, so
            that a replay grants what those versions granted.
        quiet: Whether the rooms hear nothing of the session's presence.
    """

    name: str
    key: str
    author: str
    distinct: bool = False
    quiet: bool = False


class ResumeSession(RequestedEntry, frozen=True, kw_only=True, tag="resume_session"):
    """The owner of a session reconnects, or asks for a token with a later expiry."""

    session: str
    author: str


class ExitSession(RequestedEntry, frozen=True, kw_only=True, tag="exit_session"):
    """The owner of a session ends it."""

    session: str


class ReleaseName(RequestedEntry, frozen=True, kw_only=True, tag="release_name"):
    """An operator frees a name."""

    key: str
    name: str


class Departed(Entry, frozen=True, kw_only=True, tag="departed"):
    """The broker has deleted an inbox, because its client's connection ended."""

    inbox: str


class JournalMarker(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="marker"):
    """A `chat_wire.messages.Marker`, in a form that one decoder can read together with the entries."""

    origin: str


JournalEntry: TypeAlias = ClaimName | ResumeSession | ExitSession | ReleaseName | Departed
_decoder = msgspec.json.Decoder(JournalEntry | JournalMarker | tuple[JournalEntry, ...])


def encode(entries: Sequence[JournalEntry]) -> bytes:
    """Return the journal message that appends these entries, of which there is at least one."""
    return codec.encode(entries[0] if len(entries) == 1 else entries)


def decode(body: bytes) -> tuple[JournalEntry | JournalMarker, ...]:
    """Return the entries, or the marker, in a journal message.

    Raises:
        DecodeError: The message is not one of the journal.
        NewerVersion: An entry has a newer version.
    """
    try:
        message = _decoder.decode(body)
    except codec.UNREADABLE as error:
        refuse_newer(body, JOURNAL_VERSION)
        raise DecodeError(f"journal: {error}") from None
    return message if isinstance(message, tuple) else (message,)


def digest(body: bytes) -> str:
    """Return the digest by which a replica recognises a message when it reads the stream again."""
    return hashlib.sha256(body).hexdigest()[:32]
