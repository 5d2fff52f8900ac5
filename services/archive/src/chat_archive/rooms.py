"""Follows the streams of all rooms, and counts what arrives while nothing can be recorded."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_archive.backlog import Backlog
from chat_archive.index import Index
from chat_archive.room_reader import RoomReader, count, seconds_since
from chat_archive.shared_recorder import EitherRecorder
from chat_wire.messages import Position
from chat_worker.delivery import Delivery, Handler, Source

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
    """The streams of all rooms, each read from the last entry recorded, or counted while nothing can be recorded.

    Deliveries of a stream are acknowledged even if they could not be recorded. After a failure the writer therefore
    only counts, and attaches again later: the stream delivers everything from there once more.
    """

    def __init__(
        self, broker: Consumer, clock: Callable[[], int], guard: Callable[[], AbstractContextManager[None]]
    ) -> None:
        """Prepare to follow the rooms, without consuming.

        Args:
            broker: Consumes the streams.
            clock: Returns steady time in microseconds.
            guard: Makes the context in which deliveries are recorded. It handles StorageFailed.
        """
        self._broker = broker
        self._clock = clock
        self._guard = guard
        self._backlogs: dict[str, Backlog] = {}
        self._readers: dict[str, RoomReader] = {}
        self._counting = False

    @property
    def following(self) -> bool:
        """Whether deliveries are recorded."""
        return bool(self._readers)

    def follow(self, recorder: EitherRecorder) -> None:
        """Read every room from the last entry recorded. Raises IndexFailed.

        Args:
            recorder: Where the posts go; it has caught up.
        """
        self._counting = False
        for room in topology.ROOMS:
            self._attach(room, recorder, recorder.position(room))

    def count(self, index: Index) -> None:
        """Record nothing more, and count what arrives, from the last entry recorded on. Raises IndexFailed.

        Args:
            index: Tells where a room's stream is recorded up to, if the room was not followed before.
        """
        self._readers = {}
        if not self._counting:
            for room in topology.ROOMS:
                self._broker.cancel(topology.room(room).name)
            for room in topology.ROOMS:
                self._count(room, index)
            self._counting = True

    def check(self) -> None:
        """Notice streams that lack the entry recorded last. Call this each second."""
        for reader in list(self._readers.values()):
            if not reader.check():
                self._start_over(reader)

    def health(self) -> dict[str, dict[str, Any]]:
        """Return how far each room is recorded, and what waits in it."""
        return {
            room: {
                "seen": backlog.seen,
                "recorded": backlog.recorded,
                "behind_seconds": self._behind_seconds(room, backlog),
                "behind_posts": backlog.posts,
            }
            for room, backlog in self._backlogs.items()
        }

    def _behind_seconds(self, room: str, backlog: Backlog) -> float:
        if backlog.since is not None:
            return seconds_since(backlog.since)
        return self._readers[room].late_seconds() if room in self._readers else 0.0

    def _attach(self, room: str, recorder: EitherRecorder, position: Position | None) -> None:
        backlog = self._backlogs.setdefault(room, Backlog())
        reader = RoomReader(room, position, recorder, self._clock, backlog)
        self._readers[room] = reader
        offset = position.offset if position else "first"
        self._consume(room, offset, partial(self._handle, reader))
        log.info("room.attached", room=room, offset=offset)

    def _start_over(self, reader: RoomReader) -> None:
        """Read a stream from its beginning: it is another one than before."""
        self._backlogs.pop(reader.room)
        self._attach(reader.room, reader.recorder, None)

    def _count(self, room: str, index: Index) -> None:
        if room not in self._backlogs:
            position = index.position(room)
            recorded = position.offset if position else None
            self._backlogs[room] = Backlog(recorded, recorded)
        backlog = self._backlogs[room]
        offset = "first" if backlog.seen is None else backlog.seen + 1

        def handle(deliveries: Sequence[Delivery]) -> list[Publication]:
            if not self.following:
                count(backlog, deliveries)
            return []

        self._consume(room, offset, handle)

    def _consume(self, room: str, offset: int | str, handle: Handler) -> None:
        self._broker.consume(Source(queue=topology.room(room).name, handle=handle, prefetch=PREFETCH, offset=offset))

    def _handle(self, reader: RoomReader, deliveries: Sequence[Delivery]) -> list[Publication]:
        if self._readers.get(reader.room) is reader:
            with self._guard():
                if not reader.read(deliveries):
                    self._start_over(reader)
        return []
