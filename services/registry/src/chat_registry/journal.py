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
            Entries for sessions that log in to the broker have version 2.
    """

    origin: str
    time: int
    version: JournalVersion = 1


class RequestedEntry(Entry, frozen=True, kw_only=True):
    """An entry for a request; the answer goes to `inbox`.

    Attributes:
        request: The id of the request.
        inbox: The reply address, or the inbox of a client of 0.3.0, that waits for the answer.
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
        life: The life of the session's tokens, in seconds; 0 for a client of 0.3.0, whose tokens live a day. The state
            does not depend on a setting, which two replicas may have different values of.
    """

    name: str
    key: str
    author: str
    distinct: bool = False
    quiet: bool = False
    life: int = 0


class ResumeSession(RequestedEntry, frozen=True, kw_only=True, tag="resume_session"):
    """The owner of a session comes back through the entrance.

    An entry for a client of 0.3.0 also connects the session to the inbox.

    Attributes:
        session: The session.
        author: The SHA-256 of the owner's secret.
        life: As in `ClaimName`.
    """

    session: str
    author: str
    life: int = 0


class RenewSession(RequestedEntry, frozen=True, kw_only=True, tag="renew_session"):
    """A session says that it is connected, and asks for a token with a later expiry.

    Attributes:
        session: The session.
        life: As in `ClaimName`.
    """

    session: str
    life: int


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


class SessionConnected(Entry, frozen=True, kw_only=True, tag="session_connected"):
    """The broker has opened a connection for a session.

    Attributes:
        session: The session, as which the connection has logged in.
        connection: The process of the connection at the broker, such as `<rabbit@host.1795938335.857.0>`.
    """

    session: str
    connection: str


class ConnectionClosed(Entry, frozen=True, kw_only=True, tag="connection_closed"):
    """The broker has closed a connection, or has lost it."""

    connection: str


class NodeStarted(Entry, frozen=True, kw_only=True, tag="node_started"):
    """A node of the broker has started again, so its earlier connections are gone.

    Attributes:
        node: The node's name.
        creation: The number that Erlang gives a node at each start, higher than the one before.
    """

    node: str
    creation: int


class Unreachable(Entry, frozen=True, kw_only=True, tag="unreachable"):
    """Nobody listens at the address of a session, so its connection is gone, though no node has announced that.

    Attributes:
        session: The session.
        inbox: The address. A session that has renewed itself from another one meanwhile is connected.
    """

    session: str
    inbox: str


class Sweep(Entry, frozen=True, kw_only=True, tag="sweep"):
    """Time has passed: sessions count as lost whose token has expired, or whose connection did not show itself.

    Attributes:
        events: Whether the broker announces connections (rabbitmq_event_exchange), so a session that is connected has
            been announced.
    """

    events: bool


class JournalMarker(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="marker"):
    """A `chat_wire.messages.Marker`, in a form that one decoder can read together with the entries."""

    origin: str


Requested: TypeAlias = ClaimName | ResumeSession | RenewSession | ExitSession | ReleaseName
JournalEntry: TypeAlias = Requested | Departed | SessionConnected | ConnectionClosed | NodeStarted | Unreachable | Sweep
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
