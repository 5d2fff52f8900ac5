"""The writer: records all rooms while this replica holds the writer lease, and keeps log.txt of its host."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

from chat_archive.errors import Fenced, IndexFailed, StorageFailed
from chat_archive.local_index import LocalIndex
from chat_archive.log_file import LogFile
from chat_archive.log_follower import LogFollower
from chat_archive.recorder import Recorder
from chat_archive.rooms import Consumer, Rooms
from chat_archive.shared_index import SharedIndex
from chat_archive.shared_recorder import EitherRecorder, SharedRecorder
from chat_archive.stall import Stall
from chat_wire.units import SECOND

log = structlog.get_logger()

# While a large index is rebuilt, the worker still has to send heartbeats and answer questions. A client that joins
# waits 3 s for the history, and 5 s for other answers. A tick therefore catches up for this long at most.
CATCH_UP_FOR = 2 * SECOND
LARGE_LAG_SECONDS = 10
REPORT_LAG_EVERY = 60 * SECOND


class Writer:
    """Opens this replica's storage, writes to it, and handles its failures.

    One step follows the other: create the tables of the index, open the recorder, catch up, follow the rooms, and check
    the recorder each second. If storage fails anywhere, the writer closes everything, so that another replica can open
    log.txt, and begins again after a pause. Every replica takes the first step; the others need the lease. With
    PostgreSQL, log.txt follows the database on each host, with or without the lease.

    Attributes:
        index_ready: Whether the index has its tables.
    """

    def __init__(
        self, log_path: Path, index: LocalIndex | SharedIndex, broker: Consumer, clock: Callable[[], int]
    ) -> None:
        """Prepare to write, without touching the storage.

        Args:
            log_path: The path of log.txt.
            index: The index: that of the same log.txt in SQLite, or that of all hosts in PostgreSQL.
            broker: Consumes the rooms' streams.
            clock: Returns steady time in microseconds.
        """
        self._log_path = log_path
        self._index = index
        self._clock = clock
        self._stall = Stall(clock)
        self._follower = LogFollower(LogFile(log_path), index) if isinstance(index, SharedIndex) else None
        self._recorder: EitherRecorder | None = None
        self._epoch: int | None = None
        self._rooms = Rooms(broker, clock, self._stalling_on_failure)
        self._lag_reported_at = 0
        self.index_ready = False

    def tick(self, has_lease: bool) -> None:
        """Do the next step unless storage failed a moment ago. Call this at least once a second.

        Args:
            has_lease: Whether this replica holds the writer lease.

        Raises:
            ConnectionError: Another writer has begun, so the broker has given this replica up: the runtime reconnects.
        """
        self._report_lag()
        if self._stall.retry_due:
            with self._stalling_on_failure():
                self._step(has_lease)
                self._stall.end_if_calm()

    def close(self) -> None:
        """Close log.txt, for another replica to open. The connection to the broker may be lost already."""
        self._close_recorder()
        if self._follower:
            self._follower.close()

    @property
    def answers(self) -> bool:
        """Whether questions can be answered: with PostgreSQL, once a writer has added all that was there before."""
        return self.index_ready and (self._follower is None or self._follower.complete)

    @property
    def writing(self) -> bool:
        """Whether the writer follows the rooms."""
        return self._rooms.following

    @property
    def stalled(self) -> str | None:
        """Why the storage cannot be used, or None."""
        return self._stall.reason

    @property
    def problem(self) -> str | None:
        """Why this replica does not do its work, and what to do; None if it does, or need not."""
        if self.stalled or not (self._follower and self._follower.problem):
            return self.stalled
        return f"log.txt does not follow PostgreSQL, which has all messages: {self._follower.problem}"

    def rooms(self) -> dict[str, dict[str, Any]]:
        """Return how far each room is recorded that the writer follows, or would follow if it could record."""
        return self._rooms.health()

    def log_health(self) -> dict[str, Any] | None:
        """Return how far log.txt follows the database; None in SQLite, and if another replica of this host fills it."""
        return self._follower.health() if self._follower else None

    @contextmanager
    def _stalling_on_failure(self) -> Iterator[None]:
        """Stop writing if storage fails in the block, or if another writer has begun."""
        try:
            yield
        except StorageFailed as error:
            self._stall.begin(error)
            self._stop_recording()
        except Fenced as error:
            self._close_recorder()
            log.warning("writer.fenced", epoch=self._epoch)
            raise ConnectionError("another replica has become the writer") from error

    def _stop_recording(self) -> None:
        """Let another replica open log.txt, and count the posts that wait if this one was to record them."""
        was_recording = self._recorder is not None
        self._close_recorder()
        if was_recording:
            with suppress(IndexFailed):
                self._rooms.count(self._index)

    def _close_recorder(self) -> None:
        if isinstance(self._recorder, SharedRecorder):
            self._epoch = self._recorder.epoch
        if self._recorder:
            self._recorder.close()
            self._recorder = None

    def _step(self, has_lease: bool) -> None:
        if not self.index_ready:
            self._index.create()
            self.index_ready = True
        elif self._recorder and self.writing:
            self._recorder.check()
            self._rooms.check()
        elif has_lease:
            self._begin()
        if self._follower and self.index_ready:
            self._follower.step()

    def _begin(self) -> None:
        recorder = self._opened()
        if self._has_caught_up(recorder):
            self._rooms.follow(recorder)
            log.info("archive.writing")

    def _opened(self) -> EitherRecorder:
        if self._recorder is None:
            self._recorder = self._new_recorder()
            self._recorder.open()
        return self._recorder

    def _new_recorder(self) -> EitherRecorder:
        log_file = LogFile(self._log_path)
        if isinstance(self._index, LocalIndex):
            return Recorder(log_file, self._index)
        return SharedRecorder(log_file, self._index, self._epoch)

    def _has_caught_up(self, recorder: EitherRecorder) -> bool:
        until = self._clock() + CATCH_UP_FOR
        while recorder.catch_up():
            if self._clock() > until:
                return False
        return True

    def _report_lag(self) -> None:
        time = self._clock()
        if time - self._lag_reported_at < REPORT_LAG_EVERY:
            return
        for room, health in self.rooms().items():
            if health["behind_seconds"] > LARGE_LAG_SECONDS:
                log.warning("archive.behind", room=room, **health)
                self._lag_reported_at = time
