"""Snapshots: the whole state at one offset of the journal, in parts that a broker takes easily."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from chat_registry.state import Ended, Holder, State, add
from chat_wire import codec
from chat_wire.errors import DecodeError

PART_ROWS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Part `part` of `parts`, counting from 0, of the state after entry `index` of the message at `offset`.

    `entry` is the digest of that message: a journal that has another one there is another journal.
    """

    type: Literal["snapshot"] = "snapshot"
    offset: int
    index: int
    entry: str
    part: int
    parts: int
    time: int
    holders: tuple[Holder, ...]
    ended: tuple[Ended, ...]
    departed: tuple[tuple[str, int], ...]
    refused: tuple[tuple[str, int], ...]


def take(state: State, entry: str) -> list[Snapshot]:
    """The parts of a snapshot of `state`, whose last message has the digest `entry`."""
    holders, ended = tuple(state.holders.values()), tuple(state.ended.values())
    departed, refused = tuple(state.departed.items()), tuple(state.refused.items())
    most = max(len(holders), len(ended), len(departed), len(refused))
    cuts = [slice(start, start + PART_ROWS) for start in range(0, most, PART_ROWS)] or [slice(0, 0)]
    return [
        Snapshot(
            offset=state.offset,
            index=state.index,
            entry=entry,
            part=part,
            parts=len(cuts),
            time=state.now,
            holders=holders[cut],
            ended=ended[cut],
            departed=departed[cut],
            refused=refused[cut],
        )
        for part, cut in enumerate(cuts)
    ]


def restore(parts: list[Snapshot]) -> State:
    """The state that the parts of one snapshot, in order, were taken of."""
    state = State(offset=parts[0].offset, index=parts[0].index, now=parts[0].time)
    for part in parts:
        for holder in part.holders:
            add(state, holder)
        state.ended.update((ended.session, ended) for ended in part.ended)
        state.departed.update(part.departed)
        state.refused.update(part.refused)
    return state


class _Label(msgspec.Struct):
    """As much of a part, or of a marker, as it takes to know what it is; the rest is only decoded when needed."""

    type: Literal["snapshot", "marker"]
    offset: int = 0
    entry: str = ""
    part: int = 0
    parts: int = 0


class Collector:
    """Finds the newest complete snapshot in the stream of parts, where those of several may be mixed."""

    def __init__(self) -> None:
        self._incomplete: dict[tuple[int, str], dict[int, bytes]] = {}
        self._newest: list[bytes] = []

    def add(self, body: bytes) -> None:
        """Take a part in, in the order of the stream, passing over markers; raises DecodeError for anything else."""
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

    def newest(self) -> list[Snapshot]:
        """The parts of the newest complete snapshot; none if there is no such snapshot.

        Raises DecodeError when it was written by a version of the registry too different from this one.
        """
        return [codec.decode(body, Snapshot) for body in self._newest]
