"""log.txt: whole lines are appended and synced.

Only bytes that are not recorded are cut off again: a last line that a crash left unfinished, and lines whose write or
sync failed.
"""

import fcntl
import os
from pathlib import Path

import structlog

from chat_archive.errors import LogFileFailed, LogFileHeld

log = structlog.get_logger()

READ_BYTES = 1 << 20


class LogFile:
    """log.txt, held by one process at a time.

    The lock is flock's, on the file itself: a writer that was paused and lost its lease keeps the lock until it
    continues and finds out, or dies. All methods but `close` may raise LogFileFailed.

    Attributes:
        size: The bytes of whole lines in the file, once it is open.
    """

    def __init__(self, path: Path) -> None:
        """Prepare the file, without opening it.

        Args:
            path: Where log.txt is or will be; its directory has to exist when the file is opened.
        """
        self._path = path
        self._file = -1
        self.size = 0

    def open(self) -> None:
        """Lock the file, creating it if necessary, and cut off a last line that has no newline.

        Raises:
            LogFileHeld: Another process has locked the file.
            LogFileFailed: The system refuses; the file is closed again.
        """
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sync_directory(self._path.parent)
            self.size = os.fstat(self._file).st_size
            self._cut(_end_of_last_line(self._file, self.size))
        except BlockingIOError as error:
            self.close()
            raise LogFileHeld(f"another process writes {self._path}") from error
        except OSError as error:
            self.close()
            raise self._failed("opened", error) from error

    def close(self) -> None:
        """Close the file and release its lock."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def check(self) -> None:
        """Raise LogFileFailed if somebody removed, replaced, shortened or extended log.txt."""
        try:
            opened, found = os.fstat(self._file), self._path.stat()
        except OSError as error:
            raise self._failed("found", error) from error
        if (opened.st_dev, opened.st_ino, opened.st_size) != (found.st_dev, found.st_ino, self.size):
            raise LogFileFailed(f"{self._path} was removed or replaced, or its size has changed")

    def append(self, lines: bytes) -> None:
        """Write whole lines and sync them to disk; if that fails, remove every part of them."""
        self.check()
        try:
            _write(self._file, lines)
            os.fsync(self._file)
        except OSError as error:
            self._undo()
            raise self._failed("written", error) from error
        self.size += len(lines)

    def read(self, start: int) -> list[bytes]:
        """Return the lines from byte `start`, about a MiB of them; an empty list at the end."""
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                return file.readlines(READ_BYTES)
        except OSError as error:
            raise self._failed("read", error) from error

    def has(self, line: bytes, end: int) -> bool:
        """Return whether `line` is the one that ends at byte `end`."""
        start = end - len(line)
        try:
            return start >= 0 and os.pread(self._file, len(line), start) == line
        except OSError as error:
            raise self._failed("read", error) from error

    def _cut(self, size: int) -> None:
        if size < self.size:
            log.warning("log.cut", path=str(self._path), bytes=self.size - size, size=size)
            os.ftruncate(self._file, size)
            os.fsync(self._file)
            self.size = size

    def _undo(self) -> None:
        try:
            os.ftruncate(self._file, self.size)
        except OSError as error:  # the next opening cuts the torn line and indexes the whole ones
            log.warning("log.not_cut", path=str(self._path), error=str(error))

    def _failed(self, action: str, error: OSError) -> LogFileFailed:
        return LogFileFailed(f"{self._path} cannot be {action}: {error.strerror}")


def _write(file: int, lines: bytes) -> None:
    left = memoryview(lines)
    while left:
        left = left[os.write(file, left) :]


def _end_of_last_line(file: int, size: int) -> int:
    """Return the position after the last newline, or 0 without one."""
    end = size
    while end > 0:
        start = max(0, end - READ_BYTES)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _sync_directory(path: Path) -> None:
    """Sync a directory: a new file survives a power cut only then."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
