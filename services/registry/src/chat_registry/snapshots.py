"""Snapshots: the whole state at one offset of the journal, in parts small enough for the broker."""

from dataclasses import dataclass
from typing import Literal

from chat_registry.holders import add_holder
from chat_registry.state import BrokerNode, EndedSession, Holder, State
from chat_registry.versions import SNAPSHOT_VERSION, SnapshotVersion
from chat_wire import codec
from chat_wire.errors import WireError
from chat_wire.messages import Marker
from chat_wire.versions import refuse_newer

# RabbitMQ 4 takes messages of 16 MiB at most, and a row has at most 2 kB in each of four lists.
PART_ROWS = 2_000
# A replica that dies leaves a snapshot incomplete, for as long as the stream keeps it.
MAX_INCOMPLETE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPart:
    """Part `part` of `parts`, counting from 0, of the state after the message at `offset`.

    `entry` is the digest of that message, which `view.View` calls the anchor. If the journal has another message there,
    the snapshot belongs to another journal. `version` and the other fields are those of `State`.
    """

    type: Literal["snapshot"] = "snapshot"
    version: SnapshotVersion = 1
    offset: int
    index: int
    entry: str
    part: int
    parts: int
    time: int
    holders: tuple[Holder, ...]
    ended: tuple[EndedSession, ...]
    departed: tuple[tuple[str, int], ...]
    refused: tuple[tuple[str, int], ...]
    nodes: tuple[tuple[str, BrokerNode], ...] = ()


def parts_of(state: State, entry: str) -> list[SnapshotPart]:
    """Return the parts of a snapshot of a state whose last message has the digest `entry`."""
    holders, ended = tuple(state.holders.values()), tuple(state.ended.values())
    departed, refused = tuple(state.departed.items()), tuple(state.refused.items())
    rows = max(len(holders), len(ended), len(departed), len(refused))
    cuts = [slice(start, start + PART_ROWS) for start in range(0, rows, PART_ROWS)] or [slice(0, 0)]
    return [
        SnapshotPart(
            version=state.version,
            offset=state.offset,
            index=state.index,
            entry=entry,
            part=part,
            parts=len(cuts),
            time=state.time,
            holders=holders[cut],
            ended=ended[cut],
            departed=departed[cut],
            refused=refused[cut],
            nodes=() if part else tuple(state.nodes.items()),
        )
        for part, cut in enumerate(cuts)
    ]


def restore(parts: list[SnapshotPart]) -> State:
    """Return the state that a snapshot was made from; `parts` are all its parts, in order."""
    first = parts[0]
    state = State(offset=first.offset, index=first.index, time=first.time, version=first.version)
    state.nodes.update(first.nodes)
    for part in parts:
        for holder in part.holders:
            add_holder(state, holder)
        state.ended.update((ended.session, ended) for ended in part.ended)
        state.departed.update(part.departed)
        state.refused.update(part.refused)
    return state


class Collector:
    """Finds the newest readable snapshot in the stream of parts, where the parts of several may be mixed.

    It decodes each part when it arrives, so a snapshot with an unreadable part never becomes complete, and an older one
    stays the newest. It keeps the bodies of the newest complete snapshot and of at most MAX_INCOMPLETE others.
    """

    def __init__(self) -> None:
        """Start without parts."""
        self._incomplete: dict[tuple[int, str], dict[int, bytes]] = {}
        self._newest: list[bytes] = []

    def add(self, body: bytes) -> bool:
        """Add the next message of the stream; ignore it if it is a marker.

        Returns:
            Whether a snapshot is complete now that is newer than all others.

        Raises:
            DecodeError: This version cannot read the message.
            UnknownType: The message is neither a part of a snapshot nor a marker.
        """
        part = _decode(body)
        if isinstance(part, Marker):
            return False
        label = (part.offset, part.entry)
        parts = self._incomplete.setdefault(label, {})
        parts[part.part] = body
        if len(parts) == part.parts:
            self._newest = [parts[number] for number in sorted(parts)]
            del self._incomplete[label]
            return True
        if len(self._incomplete) > MAX_INCOMPLETE:
            del self._incomplete[next(iter(self._incomplete))]
        return False

    @property
    def incomplete(self) -> int:
        """The number of snapshots of which some parts are missing."""
        return len(self._incomplete)

    def newest(self) -> list[SnapshotPart]:
        """Return the parts of the snapshot that was complete last, or an empty list if no snapshot is complete."""
        return [codec.decode(body, SnapshotPart) for body in self._newest]


def _decode(body: bytes) -> SnapshotPart | Marker:
    kinds: tuple[type[SnapshotPart | Marker], ...] = (SnapshotPart, Marker)
    try:
        return codec.decode(body, *kinds)
    except WireError:
        refuse_newer(body, SNAPSHOT_VERSION)
        raise
