"""The registry's state: names with their holders, and recent events.

A large registry has 100,000 names. The frequent records are therefore of type msgspec.Struct: msgspec reads and
writes them, as arrays, several times as fast as dataclasses. They cannot be part of a reference cycle, so
`gc=False` keeps the garbage collector from visiting them.

`holders` gives names to holders and keeps the indexes; `memory` forgets what is old.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from chat_wire.limits import PARTITIONS
from chat_wire.messages import EndReason, NoticeKind


class PresenceEvent(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A change of presence at time `at` (microseconds). Its notices in the rooms have its `id`."""

    id: str
    kind: NoticeKind
    session: str
    user: str
    at: int


class Holder(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A name and the session that holds it.

    Snapshots store the fields in this order. A new field comes last and has a default; older versions ignore it. Every
    other change needs a new SNAPSHOT_VERSION.

    Attributes:
        key: The name in the form that makes it unique.
        name: The name as the user typed it.
        author: The SHA-256 of the user's secret.
        session: The session that holds the name.
        partition: The ingress partition of the session.
        inbox: The address where the session's client hears of the session's end; for a client of 0.3.0, its inbox.
        connected: Whether the client is connected, as far as the registry knows.
        expires: The latest expiry of all the session's tokens, in microseconds.
        request: The last request carried out for the session.
        events: The newest presence events. The registry publishes them again when the request comes again, and when a
            replica starts soon after.
        replaced: The session that ended because of that request, if any. The registry announces its end again, too.
        quiet: Whether the rooms hear nothing of the session's presence.
        life: The life of the session's tokens, in seconds; 0 for a session of a client of 0.3.0.
        connection: The process of the session's connection at the broker; empty if it is not known.
        deadline: The time at which a session that is connected counts as lost, unless its connection is known before;
            0 if it is.
        seen: Whether a client of this author has been connected under the name. If not, the name is free again when
            the session's token expires.
        told: Whether the rooms may have heard of the session; not before it connects.
    """

    key: str
    name: str
    author: str
    session: str
    partition: Annotated[int, msgspec.Meta(ge=0, lt=PARTITIONS)]
    inbox: str
    connected: bool
    expires: int
    request: str
    events: tuple[PresenceEvent, ...]
    replaced: str | None
    quiet: bool = False
    life: int = 0
    connection: str = ""
    deadline: int = 0
    seen: bool = True
    told: bool = True


class EndedSession(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A session that ended at time `at` (microseconds) because of `request`; `inbox` is its client's last address.

    Snapshots store the fields in this order. A change follows the rules for `Holder`.
    """

    session: str
    user: str
    inbox: str
    expires: int
    reason: EndReason
    request: str
    events: tuple[PresenceEvent, ...]
    at: int


class BrokerNode(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """The newest start of a node of the broker, known since `at` (microseconds)."""

    creation: int
    at: int


@dataclass(slots=True)
class State:
    """The result of the journal's entries so far. Times are in microseconds.

    Attributes:
        offset: The offset of the last message read; -1 before the first.
        index: The position of the last entry applied, in its message.
        time: The latest time of all entries applied.
        version: The highest version of all entries applied. Up to version 1, the state is the one that 0.3.0 has.
        holders: The holder of each name, by the name's key.
        sessions: The key of each session's name.
        inboxes: The keys of the names that each inbox of a client of 0.3.0 serves.
        connections: The key of the name that each known connection serves.
        authors: The number of names of each author.
        alike: The keys of the names that have each look; several only among names that an earlier version granted.
        partition_sizes: The number of sessions in each partition.
        connected: The number of sessions that are connected.
        nodes: The nodes of the broker that sessions have been connected to.
        ended: Ended sessions whose tokens may still be valid, oldest first.
        departed: The time of each recent departure, by inbox, reply address or connection, oldest first.
        refused: The time of each recent refusal, oldest first. Its key is "SESSION NAME_KEY" for a claim, where
            SESSION is the id that the session would have, and "release REQUEST" for a release.
    """

    offset: int = -1
    index: int = 0
    time: int = 0
    version: int = 1
    holders: dict[str, Holder] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    inboxes: dict[str, set[str]] = field(default_factory=dict)
    connections: dict[str, str] = field(default_factory=dict)
    authors: dict[str, int] = field(default_factory=dict)
    alike: dict[str, tuple[str, ...]] = field(default_factory=dict)
    partition_sizes: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    connected: int = 0
    nodes: dict[str, BrokerNode] = field(default_factory=dict)
    ended: OrderedDict[str, EndedSession] = field(default_factory=OrderedDict)
    departed: OrderedDict[str, int] = field(default_factory=OrderedDict)
    refused: OrderedDict[str, int] = field(default_factory=OrderedDict)
