"""Reads the rooms' streams into the recorder, for as long as this replica is the writer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_archive.domain import Arrived, parts, resumes
from chat_archive.errors import StorageFailed
from chat_archive.recorder import Recorder
from chat_wire.codec import decode
from chat_wire.errors import WireError
from chat_wire.messages import Batch, Notice, Position, id_ranges
from chat_worker.clock import now
from chat_worker.delivery import Delivery, Source

log = structlog.get_logger()

SECOND = 1_000_000
# An entry that is there comes in milliseconds.
SILENT_FOR = 5 * SECOND
IDLE_AFTER = 2 * SECOND
# Entries of few posts come one by one: the more that are on the way, the more go into one fsync.
PREFETCH = 512
# What is decoded and recorded at once, in bytes of entries: a flood must not fill the memory.
PART_BYTES = 250_000
ENTRIES: tuple[type[Batch | Notice], ...] = (Batch, Notice)


class Consuming(Protocol):
    """What is needed of the runtime's broker."""

    def consume(self, source: Source) -> None:
        """Begin to take in from a source."""
        ...

    def cancel(self, queue: str) -> None:
        """Stop taking in."""
        ...


@dataclass(slots=True)
class Reading:
    """How far one room's stream has been read since it was attached to. Times in microseconds."""

    room: str
    awaited: Position | None
    heard: int
    seen: int | None = None
    recorded: int | None = None
    recorded_ts: int | None = None


class Rooms:
    """The rooms' streams, each attached to at the last entry recorded of it.

    `on_failure` is called when something could not be recorded, and has to detach: what has arrived is
    then as good as acknowledged, and comes again on attaching anew.
    """

    def __init__(
        self,
        recorder: Recorder,
        broker: Consuming,
        clock: Callable[[], int],
        on_failure: Callable[[StorageFailed], None],
    ) -> None:
        self._recorder = recorder
        self._broker = broker
        self._clock = clock
        self._on_failure = on_failure
        self._readings: dict[str, Reading] = {}
        self._reading = False

    def attach(self) -> None:
        """Read every room on from what is recorded of it. Raises StorageFailed."""
        self._reading = True
        for room in topology.ROOMS:
            self._attach(room, self._recorder.position(room))

    def detach(self) -> None:
        """Read no more: nothing that still arrives is recorded."""
        self._reading = False
        for room in self._readings:
            self._broker.cancel(topology.room(room).name)

    def check(self) -> None:
        """To be called each second: notices streams that do not have what was recorded of them."""
        for reading in list(self._readings.values()):
            if self._reading and reading.awaited and self._clock() - reading.heard > SILENT_FOR:
                self._diverged(reading, found=None)

    def health(self) -> dict[str, dict[str, Any]]:
        """Of each room the newest offset seen and recorded, and how many seconds the archive is behind."""
        return {
            room: {"seen": reading.seen, "recorded": reading.recorded, "behind_seconds": self._behind(reading)}
            for room, reading in self._readings.items()
        }

    def _behind(self, reading: Reading) -> float:
        if reading.recorded_ts is None:
            return 0.0
        idle = reading.seen == reading.recorded and self._clock() - reading.heard > IDLE_AFTER
        return 0.0 if idle else max(0, now() - reading.recorded_ts) / SECOND

    def _attach(self, room: str, position: Position | None) -> None:
        reading = Reading(room=room, awaited=position, heard=self._clock())
        self._readings[room] = reading
        offset = position.offset if position else "first"
        handle = partial(self._handle, reading)
        self._broker.consume(Source(queue=topology.room(room).name, handle=handle, prefetch=PREFETCH, offset=offset))
        log.info("room.attached", room=room, offset=offset)

    def _handle(self, reading: Reading, deliveries: Sequence[Delivery]) -> Iterable[Publication]:
        if not self._reading or self._readings.get(reading.room) is not reading:
            return []
        reading.heard = self._clock()
        reading.seen = deliveries[-1].offset
        for part in parts(deliveries, lambda delivery: len(delivery.body), PART_BYTES):
            if not self._take(reading, part):
                break
        return []

    def _take(self, reading: Reading, deliveries: Sequence[Delivery]) -> bool:
        """Record some entries; whether to go on with the next."""
        arrived = [each for delivery in deliveries if (each := _to_arrived(delivery))]
        if reading.awaited and not (arrived and resumes(reading.awaited, arrived[0])):
            self._diverged(reading, found=deliveries[0].offset)
            return False
        reading.awaited = None
        return self._record(reading, arrived, deliveries[-1].offset)

    def _record(self, reading: Reading, arrived: Sequence[Arrived], offset: int | None) -> bool:
        try:
            posts = self._recorder.record(reading.room, arrived)
        except StorageFailed as error:
            self._on_failure(error)
            return False
        reading.recorded = offset
        if arrived:
            reading.recorded_ts = _time(arrived[-1].entry)
        if posts:
            runs = id_ranges((post.session, post.sequence) for post in posts)
            log.info("posts.recorded", room=reading.room, offset=reading.recorded, runs=runs)
        return True

    def _diverged(self, reading: Reading, found: int | None) -> None:
        log.warning("stream.diverged", room=reading.room, awaited=reading.awaited, found=found)
        self._attach(reading.room, None)


def _to_arrived(delivery: Delivery) -> Arrived | None:
    try:
        entry = decode(delivery.body, *ENTRIES)
    except WireError as error:
        log.warning("entry.ignored", queue=delivery.queue, offset=delivery.offset, error=str(error))
        return None
    return Arrived(delivery.offset or 0, entry)


def _time(entry: Batch | Notice) -> int:
    return entry.server_ts if isinstance(entry, Batch) else entry.at
