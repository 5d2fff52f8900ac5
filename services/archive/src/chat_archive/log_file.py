"""log.txt: appended to and synced, never truncated but for a line that a crash left unfinished."""

import fcntl
import os
from pathlib import Path

import structlog

from chat_archive.errors import LogFileFailed, LogFileHeld

log = structlog.get_logger()

READ_BYTES = 1 << 20


class LogFile:
    """log.txt, held by one process at a time.

    The lock is flock's, on the file itself: a writer that was paused and lost its baton keeps it until
    it goes on and finds out, or dies. All methods raise LogFileFailed, and `open` LogFileHeld.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self.size = 0

    @property
    def is_open(self) -> bool:
        """Whether this process holds the file."""
        return self._file >= 0

    def open(self) -> None:
        """Take the file, creating it if need be. Cuts a torn last line, known by the newline it lacks."""
        self.close()
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
        """Let go of the file."""
        if self.is_open:
            os.close(self._file)
        self._file = -1

    def check(self) -> None:
        """Raises if log.txt was removed or replaced, or is longer or shorter than it was left."""
        try:
            mine, there = os.fstat(self._file), self._path.stat()
        except OSError as error:
            raise self._failed("found", error) from error
        if (mine.st_dev, mine.st_ino, mine.st_size) != (there.st_dev, there.st_ino, self.size):
            raise LogFileFailed(f"{self._path} was removed or replaced, or is longer or shorter than it was left")

    def append(self, lines: bytes) -> None:
        """Write whole lines and have them on disk; when that fails, no part of them stays."""
        self.check()
        try:
            _write(self._file, lines)
            os.fsync(self._file)
        except OSError as error:
            self._undo()
            raise self._failed("written", error) from error
        self.size += len(lines)

    def read(self, start: int) -> list[bytes]:
        """The lines from byte `start`, about a MiB of them; none at the end."""
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                return file.readlines(READ_BYTES)
        except OSError as error:
            raise self._failed("read", error) from error

    def has(self, line: bytes, end: int) -> bool:
        """Whether `line` is what ends at byte `end`."""
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
        except OSError as error:  # then opening it again cuts the torn line, and indexes the whole ones
            log.warning("log.not_cut", path=str(self._path), error=str(error))

    def _failed(self, what: str, error: OSError) -> LogFileFailed:
        return LogFileFailed(f"{self._path} cannot be {what}: {error.strerror}")


def _write(file: int, lines: bytes) -> None:
    left = memoryview(lines)
    while left:
        left = left[os.write(file, left) :]


def _end_of_last_line(file: int, size: int) -> int:
    """Where the last newline ends, 0 if there is none."""
    end = size
    while end > 0:
        start = max(0, end - READ_BYTES)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _sync_directory(path: Path) -> None:
    """A new file outlasts a power cut only if its directory is synced too."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
