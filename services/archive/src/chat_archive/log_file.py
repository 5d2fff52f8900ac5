"""log.txt: whole lines are appended and synced.

Only bytes that are not recorded are cut off again: a last line that a crash left unfinished, and lines whose write or
sync failed.
"""

import errno
import fcntl
import os
import pwd
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import structlog

from chat_archive.errors import LogFileFailed, LogFileHeld
from chat_archive.metrics import LOG_SYNC_SECONDS, LOG_WRITE_SECONDS

log = structlog.get_logger()

READ_BYTES = 1 << 20
_FREE = "Free space on its disk, or allow the archive more"
_TODO = dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FREE)
_OTHERWISE = "Let the archive read and write it, on a disk that works"


@dataclass(frozen=True, slots=True)
class Extent:
    """The beginning of log.txt: a number of whole lines, their bytes, and the last of them."""

    lines: int = 0
    size: int = 0
    last_line: bytes = b""


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
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sync_directory(self._path.parent)
            self.size = os.fstat(self._file).st_size
            self._cut(_end_of_last_line(self._file, self.size))
        except BlockingIOError as error:
            self.close()
            raise LogFileHeld(
                f"another process holds {self._path}. If this lasts, an archive was paused or is stuck, and its health "
                "report is old. Let that one go on, or end it"
            ) from error
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
            raise LogFileFailed(f"{self._path} was removed or replaced, or its size has changed. It is opened again")

    def append(self, lines: bytes) -> None:
        """Write whole lines and sync them to disk; if that fails, remove every part of them."""
        self.check()
        try:
            with LOG_WRITE_SECONDS.time():
                _write(self._file, lines)
            with LOG_SYNC_SECONDS.time():
                os.fsync(self._file)
        except OSError as error:
            self._undo()
            raise self._failed("written", error) from error
        self.size += len(lines)

    def read(self, start: int) -> list[bytes]:
        """Return the lines from byte `start`, about a MiB of them; an empty list at the end or without a file."""
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                return file.readlines(READ_BYTES)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._failed("read", error) from error

    def first_lines(self, number: int | None) -> Extent:
        """Return the first `number` lines, or all whole lines if there are fewer or if it is None."""
        try:
            with self._path.open("rb") as file:
                return _extent(islice(file, number))
        except FileNotFoundError:
            return Extent()
        except OSError as error:
            raise self._failed("read", error) from error

    def set_aside(self) -> Path:
        """Give the file another name and close it, and return the new path."""
        names = (self._path.with_name(f"{self._path.name}.aside-{number}") for number in count(1))
        free = next(path for path in names if not path.exists())
        try:
            self._path.rename(free)
            _sync_directory(self._path.parent)
        except OSError as error:
            raise self._failed("renamed", error) from error
        finally:
            self.close()
        return free

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
        return LogFileFailed(f"{self._path} cannot be {action}: {error.strerror}{self._mending(error)}")

    def _mending(self, error: OSError) -> str:
        """Return what to do. A file belongs to another user after `docker compose cp`, for example."""
        with suppress(OSError):
            if isinstance(error, PermissionError) and (owner := self._path.stat().st_uid) != os.geteuid():
                own = _user(os.geteuid())
                return (
                    f". It belongs to {_user(owner)}, and the archive runs as {own}. Give it to the archive: "
                    "docker compose run --rm --no-deps --user root --cap-add CHOWN --cap-add DAC_READ_SEARCH archive "
                    f"chown {own} {self._path}"
                )
        return f". {_TODO.get(error.errno or 0, _OTHERWISE)}. The archive then goes on by itself"


def _extent(lines: Iterable[bytes]) -> Extent:
    number = size = 0
    last = b""
    for line in lines:
        if line.endswith(b"\n"):
            number, size, last = number + 1, size + len(line), line
    return Extent(number, size, last)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


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
