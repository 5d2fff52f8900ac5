"""Reads one room's stream into the recorder, from one attachment to the next."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from chat_archive.backlog import Backlog, is_timely
from chat_archive.chunks import chunks_within
from chat_archive.errors import NewerEntry
from chat_archive.metrics import POSTS_RECORDED
from chat_archive.shared_recorder import EitherRecorder
from chat_archive.stream_entries import StreamEntry, contexts_of, resumes_at
from chat_archive.tracing import record_recorded
from chat_wire.codec import decode
from chat_wire.errors import WireError
from chat_wire.messages import Batch, Notice, Position, id_ranges
from chat_wire.units import SECOND
from chat_wire.versions import ROOM_VERSION, NewerVersion, refuse_newer
from chat_worker.clock import now
from chat_worker.delivery import Delivery

log = structlog.get_logger()

# RabbitMQ delivers an entry that exists within milliseconds.
SILENT_FOR = 5 * SECOND
IDLE_AFTER = 2 * SECOND
# Bytes of entries that are decoded and recorded at once, so that a flood does not fill the memory.
CHUNK_BYTES = 250_000
MESSAGES: tuple[type[Batch | Notice], ...] = (Batch, Notice)


class RoomReader:
    """How far one room's stream has been read since the archive attached to it."""

    def __init__(
        self,
        room: str,
        position: Position | None,
        recorder: EitherRecorder,
        clock: Callable[[], int],
        backlog: Backlog,
    ) -> None:
        """Begin to read.

        Args:
            room: The room's name.
            position: The last position recorded. The first entry has to be the one there; None if nothing is
                recorded, or if the stream has diverged and is read from its beginning.
            recorder: Where the posts go.
            clock: Returns steady time in microseconds.
            backlog: What waits in the stream, from earlier periods of writing too.
        """
        self.room = room
        self._awaited = position
        self.recorder = recorder
        self._clock = clock
        self._heard_at = clock()
        self._backlog = backlog
        self._late: tuple[float, int] | None = None
        if position:
            backlog.resume(position.offset)

    def read(self, deliveries: Sequence[Delivery]) -> bool:
        """Record the posts in some deliveries of the stream.

        Returns:
            False if the stream has diverged from what is recorded of it; nothing is recorded then.

        Raises:
            StorageFailed: Deliveries from some point on are not recorded.
        """
        self._heard_at = self._clock()
        for chunk in chunks_within(CHUNK_BYTES, deliveries, lambda delivery: len(delivery.body)):
            entries = [entry for delivery in chunk if (entry := _to_entry(delivery))]
            if not self._resumes(entries, chunk[0].offset):
                return False
            self._backlog.arrive(entries, chunk[-1].offset)
            self._record(entries, chunk[-1].offset)
        return True

    def check(self) -> bool:
        """Return False if the stream has diverged: the entry at the recorded position does not arrive."""
        if self._awaited is None or self._clock() - self._heard_at <= SILENT_FOR:
            return True
        self._log_divergence(found=None)
        return False

    def late_seconds(self) -> float:
        """Return how late the newest post was recorded if that was a moment ago, else 0.

        Only posts count that were not recorded before: the stream may begin with old ones that were.
        """
        if self._late is None or self._clock() - self._late[1] > IDLE_AFTER:
            return 0.0
        return self._late[0]

    def _resumes(self, entries: Sequence[StreamEntry], found: int | None) -> bool:
        if self._awaited and not (entries and resumes_at(self._awaited, entries[0])):
            self._log_divergence(found)
            return False
        self._awaited = None
        return True

    def _record(self, entries: Sequence[StreamEntry], offset: int | None) -> None:
        began_at = time.time_ns()
        posts = self.recorder.record(self.room, entries)
        self._backlog.record(entries, offset)
        POSTS_RECORDED.inc(len(posts))
        if posts:
            if all(map(is_timely, entries)):
                self._late = seconds_since(posts[-1].server_ts), self._clock()
            runs = id_ranges((post.session, post.sequence) for post in posts)
            traced = record_recorded(posts, contexts_of(entries), began_at)
            log.info("posts.recorded", room=self.room, offset=offset, runs=runs, **traced)

    def _log_divergence(self, found: int | None) -> None:
        log.warning("stream.diverged", room=self.room, awaited=self._awaited, found=found)


def count(backlog: Backlog, deliveries: Sequence[Delivery]) -> None:
    """Note what arrives while nothing can be recorded.

    Args:
        backlog: The room's backlog.
        deliveries: Deliveries of the room's stream.
    """
    for chunk in chunks_within(CHUNK_BYTES, deliveries, lambda delivery: len(delivery.body)):
        with suppress(NewerEntry):
            backlog.arrive([entry for delivery in chunk if (entry := _to_entry(delivery))], chunk[-1].offset)


def seconds_since(moment: int) -> float:
    """Return the seconds since a moment in microseconds, or 0 if it is in the future."""
    return max(0, now() - moment) / SECOND


def _to_entry(delivery: Delivery) -> StreamEntry | None:
    try:
        message = decode(delivery.body, *MESSAGES)
    except WireError as error:
        _refuse_newer(delivery)
        log.warning("entry.ignored", queue=delivery.queue, offset=delivery.offset, error=str(error))
        return None
    return StreamEntry(delivery.offset or 0, message)


def _refuse_newer(delivery: Delivery) -> None:
    try:
        refuse_newer(delivery.body, ROOM_VERSION)
    except NewerVersion as error:
        raise NewerEntry(
            f"a newer version of the chat wrote the entry at offset {delivery.offset} of {delivery.queue} ({error}): "
            "run that version"
        ) from None
