"""Fills log.txt of this host from PostgreSQL: line N is the post with number N.

One replica of each host does it, the one that holds the lock on log.txt; it need not be the writer. Until log.txt is
whole, the log and the health report say so. A log.txt that cannot be written does not stop the archive, because the
database has everything.
"""

import time
from typing import Any

import structlog

from chat_archive.errors import LogFileFailed, LogFileHeld
from chat_archive.log_file import LogFile
from chat_archive.log_lines import common_part, lines_of
from chat_archive.shared_index import SharedIndex

log = structlog.get_logger()

POSTS_AT_ONCE = 1000
# A step ends after this time, because the worker has heartbeats to send and questions to answer.
STEP_SECONDS = 0.5
RETRY_SECONDS = 1
AHEAD = "log.txt has lines that the database lacks: an archive of this host adds them once it is the writer"


class LogFollower:
    """Follows with log.txt, and knows why it is not whole.

    Attributes:
        complete: Whether the database has everything from before PostgreSQL was the truth.
    """

    def __init__(self, log_file: LogFile, index: SharedIndex) -> None:
        """Prepare to follow, without opening anything.

        Args:
            log_file: log.txt of this host.
            index: The index in PostgreSQL.
        """
        self.complete = False
        self._log_file = log_file
        self._index = index
        self._holds = self._agrees = False
        self._whole: bool | None = None
        self._lines = self._last = 0
        self._problem: str | None = None
        self._retry_at = 0.0

    def step(self) -> None:
        """Append posts that log.txt lacks, for STEP_SECONDS at most. Raises IndexFailed."""
        state = self._index.state()
        self._last, self.complete = state.lines, state.complete
        if time.monotonic() >= self._retry_at:
            try:
                self._open()
                if self._has_agreed():
                    self._append()
                    self._problem = None
            except LogFileHeld:
                self.close()
                self._pause(None)
            except LogFileFailed as error:
                self._pause(str(error))

    def close(self) -> None:
        """Close log.txt, for another replica of this host to open."""
        self._log_file.close()
        self._holds = self._agrees = False
        self._whole = None

    @property
    def problem(self) -> str | None:
        """Why log.txt of this host cannot follow, or None."""
        return self._problem

    def health(self) -> dict[str, Any] | None:
        """Return how far log.txt is; None while another replica of this host fills it."""
        if not self._holds and self._problem is None:
            return None
        return {"lines": self._lines, "of": self._last, "whole": bool(self._whole), "problem": self._problem}

    def _open(self) -> None:
        """Hold log.txt. A full disk is no reason to close it: the next holder has to read all of it."""
        try:
            if self._holds:
                self._log_file.check()
            else:
                self._log_file.open()
                self._lines = self._log_file.first_lines(None).lines
                self._holds = True
        except LogFileFailed:
            self.close()
            raise

    def _has_agreed(self) -> bool:
        """Return whether all lines of log.txt are those of the database; set a log.txt aside that contradicts it."""
        if not self._agrees and not (self._problem == AHEAD and self._lines > self._last):
            if common_part(self._log_file, self._index) is None:
                self._set_aside()
            self._agrees = self._lines <= self._last
            self._note(None if self._agrees else AHEAD)
        return self._agrees

    def _set_aside(self) -> None:
        self._holds = False  # set_aside closes log.txt, even if it fails
        kept = self._log_file.set_aside()
        log.warning("log.set_aside", path=str(kept), lines=self._lines, of=self._last)
        self._open()

    def _append(self) -> None:
        until = time.monotonic() + STEP_SECONDS
        while posts := self._index.following(self._lines, POSTS_AT_ONCE) if self._lines < self._last else []:
            self._log_file.append(lines_of(posts, self._lines))
            self._lines = posts[-1].number
            if time.monotonic() > until:
                break
        self._note_whole(not posts or self._lines >= self._last)

    def _note_whole(self, whole: bool) -> None:
        if whole and not self._whole:
            log.info("log.whole", lines=self._lines)
        elif not whole and self._whole is not False:
            log.info("log.filling", lines=self._lines, of=self._last)
        self._whole = whole

    def _pause(self, problem: str | None) -> None:
        self._whole = None
        self._note(problem)
        self._retry_at = time.monotonic() + RETRY_SECONDS

    def _note(self, problem: str | None) -> None:
        if problem is not None and problem != self._problem:
            log.warning("log.not_followed", error=problem)
        self._problem = problem
