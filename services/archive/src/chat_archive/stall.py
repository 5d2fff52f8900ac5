"""The stall: storage has failed, and the writer waits before it retries."""

import logging
from collections.abc import Callable

import structlog

from chat_archive.errors import LogFileHeld, StorageFailed
from chat_wire.units import SECOND

log = structlog.get_logger()

RETRY_AFTER = 1 * SECOND
# The first success proves nothing: on a full disk log.txt can be opened, and the first line fails.
CALM_AFTER = 3 * SECOND


class Stall:
    """Why the writer cannot use its storage, and since when. It logs each reason once, and the end."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """Begin without a failure.

        Args:
            clock: Returns steady time in microseconds.
        """
        self._clock = clock
        self._failed_at: int | None = None
        self.reason: str | None = None

    @property
    def retry_due(self) -> bool:
        """Whether RETRY_AFTER has passed since the last failure."""
        return self._failed_at is None or self._clock() - self._failed_at >= RETRY_AFTER

    def begin(self, error: StorageFailed) -> None:
        """Note a failure."""
        if str(error) != self.reason:
            level = logging.INFO if isinstance(error, LogFileHeld) else logging.ERROR
            log.log(level, "archive.stalled", reason=error.reason, error=str(error))
        self.reason = str(error)
        self._failed_at = self._clock()

    def end_if_calm(self) -> None:
        """Note a success; it ends the stall if nothing has failed for CALM_AFTER."""
        if self._failed_at is not None and self._clock() - self._failed_at >= CALM_AFTER:
            log.info("archive.resumed")
            self.reason = self._failed_at = None
