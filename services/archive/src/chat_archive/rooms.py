"""Follows the streams of all rooms during one period of writing."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_archive.room_reader import RoomReader
from chat_archive.shared_recorder import EitherRecorder
from chat_wire.messages import Position
from chat_worker.delivery import Delivery, Source

log = structlog.get_logger()

# Entries often have few posts. The more entries the broker sends ahead, the more lines share one fsync.
PREFETCH = 512


class Consumer(Protocol):
    """The part of the runtime's broker that consumes."""

    def consume(self, source: Source) -> None:
        """Begin to consume a source; a source of the same queue is replaced."""
        ...

    def cancel(self, queue: str) -> None:
        """Stop consuming a queue."""
        ...


class Rooms:
    """The readers of all rooms, each attached to its stream at the last entry recorded.

    Deliveries of a stream are acknowledged even if they could not be recorded. The writer therefore stops these
    rooms after a failure, and attaches again: the stream delivers everything from there once more.
    """

    def __init__(
        self,
        recorder: EitherRecorder,
        broker: Consumer,
        clock: Callable[[], int],
        guard: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Prepare to follow the rooms, without consuming.

        Args:
            recorder: Where the posts go; it has caught up.
            broker: Consumes the streams.
            clock: Returns steady time in microseconds.
            guard: Makes the context in which deliveries are recorded. It handles StorageFailed.
        """
        self._recorder = recorder
        self._broker = broker
        self._clock = clock
        self._guard = guard
        self._readers: dict[str, RoomReader] = {}
        self.following = False

    def follow(self) -> None:
        """Read every room from the last entry recorded. Raises IndexFailed."""
        self.following = True
        for room in topology.ROOMS:
            self._attach(room, self._recorder.position(room))

    def stop(self) -> None:
        """Stop reading: deliveries that still arrive are not recorded."""
        self.following = False
        for room in self._readers:
            self._broker.cancel(topology.room(room).name)

    def check(self) -> None:
        """Notice streams that lack the entry recorded last. Call this each second."""
        for reader in list(self._readers.values()):
            if not reader.check():
                self._attach(reader.room, None)

    def health(self) -> dict[str, dict[str, Any]]:
        """Return the health of each room's reader."""
        return {room: reader.health() for room, reader in self._readers.items()}

    def _attach(self, room: str, position: Position | None) -> None:
        reader = RoomReader(room, position, self._recorder, self._clock)
        self._readers[room] = reader
        offset = position.offset if position else "first"
        handle = partial(self._handle, reader)
        self._broker.consume(Source(queue=topology.room(room).name, handle=handle, prefetch=PREFETCH, offset=offset))
        log.info("room.attached", room=room, offset=offset)

    def _handle(self, reader: RoomReader, deliveries: Sequence[Delivery]) -> list[Publication]:
        if self.following and self._readers[reader.room] is reader:
            with self._guard():
                if not reader.read(deliveries):
                    self._attach(reader.room, None)
        return []
