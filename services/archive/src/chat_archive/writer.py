"""The writer: records all rooms in log.txt and the index while this replica holds the writer lease."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from chat_archive.errors import StorageFailed
from chat_archive.index import Index
from chat_archive.log_file import LogFile
from chat_archive.recorder import Recorder
from chat_archive.rooms import Consumer, Rooms
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

    One step follows the other: create the tables of the index, open log.txt, catch up, follow the rooms, and check
    log.txt each second. If storage fails anywhere, the writer closes everything, so that another replica can open
    log.txt, and begins again after a pause. Every replica takes the first step; the others need the lease.

    Attributes:
        index_ready: Whether the index has its tables, so that questions can be answered.
    """

    def __init__(self, log_path: Path, index: Index, broker: Consumer, clock: Callable[[], int]) -> None:
        """Prepare to write, without touching the storage.

        Args:
            log_path: The path of log.txt.
            index: The index of the same log.txt.
            broker: Consumes the rooms' streams.
            clock: Returns steady time in microseconds.
        """
        self._log_path = log_path
        self._index = index
        self._broker = broker
        self._clock = clock
        self._stall = Stall(clock)
        self._recorder: Recorder | None = None
        self._rooms: Rooms | None = None
        self._lag_reported_at = 0
        self.index_ready = False

    def tick(self, has_lease: bool) -> None:
        """Do the next step unless storage failed a moment ago. Call this at least once a second.

        Args:
            has_lease: Whether this replica holds the writer lease.
        """
        self._report_lag()
        if self._stall.retry_due:
            with self._stalling_on_failure():
                self._step(has_lease)
                self._stall.end_if_calm()

    def close(self) -> None:
        """Close log.txt, for the next holder of the lease to open."""
        if self._recorder:
            self._recorder.close()
            self._recorder = None

    @property
    def writing(self) -> bool:
        """Whether the writer follows the rooms."""
        return self._rooms is not None and self._rooms.following

    @property
    def stalled(self) -> str | None:
        """Why the storage cannot be used, or None."""
        return self._stall.reason

    def rooms(self) -> dict[str, dict[str, Any]]:
        """Return the health of each room that the writer follows, or followed before it stalled."""
        return self._rooms.health() if self._rooms else {}

    @contextmanager
    def _stalling_on_failure(self) -> Iterator[None]:
        """Stop writing if storage fails in the block."""
        try:
            yield
        except StorageFailed as error:
            self._stall.begin(error)
            if self._rooms:
                self._rooms.stop()
            self.close()

    def _step(self, has_lease: bool) -> None:
        if not self.index_ready:
            self._index.create()
            self.index_ready = True
        elif self._recorder and self._rooms and self.writing:
            self._recorder.check()
            self._rooms.check()
        elif has_lease:
            self._begin()

    def _begin(self) -> None:
        recorder = self._opened()
        if self._has_caught_up(recorder):
            self._rooms = Rooms(recorder, self._broker, self._clock, self._stalling_on_failure)
            self._rooms.follow()
            log.info("archive.writing")

    def _opened(self) -> Recorder:
        if self._recorder is None:
            self._recorder = Recorder(LogFile(self._log_path), self._index)
            self._recorder.open()
        return self._recorder

    def _has_caught_up(self, recorder: Recorder) -> bool:
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
