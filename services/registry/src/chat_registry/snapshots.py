"""Snapshots: the whole state at one offset of the journal, in parts small enough for the broker."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from chat_registry.state import EndedSession, Holder, State, add_holder
from chat_wire import codec
from chat_wire.errors import DecodeError

PART_ROWS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPart:
    """Part `part` of `parts`, counting from 0, of the state after the message at `offset`.

    `entry` is the digest of that message, which `view.View` calls the anchor. If the journal has another message there,
    the snapshot belongs to another journal. The other fields are those of `State`.
    """

    type: Literal["snapshot"] = "snapshot"
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


def parts_of(state: State, entry: str) -> list[SnapshotPart]:
    """Return the parts of a snapshot of a state whose last message has the digest `entry`."""
    holders, ended = tuple(state.holders.values()), tuple(state.ended.values())
    departed, refused = tuple(state.departed.items()), tuple(state.refused.items())
    rows = max(len(holders), len(ended), len(departed), len(refused))
    cuts = [slice(start, start + PART_ROWS) for start in range(0, rows, PART_ROWS)] or [slice(0, 0)]
    return [
        SnapshotPart(
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
        )
        for part, cut in enumerate(cuts)
    ]


def restore(parts: list[SnapshotPart]) -> State:
    """Return the state that a snapshot was made from; `parts` are all its parts, in order."""
    state = State(offset=parts[0].offset, index=parts[0].index, time=parts[0].time)
    for part in parts:
        for holder in part.holders:
            add_holder(state, holder)
        state.ended.update((ended.session, ended) for ended in part.ended)
        state.departed.update(part.departed)
        state.refused.update(part.refused)
    return state


class _Label(msgspec.Struct):
    """The fields that identify a part or a marker; the collector decodes only the parts that it returns in full."""

    type: Literal["snapshot", "marker"]
    offset: int = 0
    entry: str = ""
    part: int = 0
    parts: int = 0


class Collector:
    """Finds the newest complete snapshot in the stream of parts, where the parts of several may be mixed."""

    def __init__(self) -> None:
        """Start without parts."""
        self._incomplete: dict[tuple[int, str], dict[int, bytes]] = {}
        self._newest: list[bytes] = []

    def add(self, body: bytes) -> None:
        """Add the next message of the stream; ignore it if it is a marker.

        Raises:
            DecodeError: The message is neither a part of a snapshot nor a marker.
        """
        try:
            label = msgspec.json.decode(body, type=_Label)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DecodeError(f"snapshot: {error}") from None
        if label.type == "marker":
            return
        parts = self._incomplete.setdefault((label.offset, label.entry), {})
        parts[label.part] = body
        if len(parts) == label.parts:
            self._newest = [parts[part] for part in sorted(parts)]
            del self._incomplete[label.offset, label.entry]

    def newest(self) -> list[SnapshotPart]:
        """Return the parts of the snapshot that was complete last, or an empty list if no snapshot is complete.

        Raises:
            DecodeError: An incompatible version of the registry wrote the snapshot. The caller does not catch this,
                so every replica that reads this snapshot ends.
        """
        return [codec.decode(body, SnapshotPart) for body in self._newest]
