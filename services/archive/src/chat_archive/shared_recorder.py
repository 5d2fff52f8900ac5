"""Records posts in PostgreSQL, which is the truth. log.txt follows (log_follower.py)."""

from collections.abc import Sequence

import structlog

from chat_archive.errors import Fenced, LogFileFailed
from chat_archive.log_file import LogFile
from chat_archive.log_lines import common_part, posts_in
from chat_archive.recorder import Recorder
from chat_archive.seen_posts import SeenPosts
from chat_archive.shared_index import SharedIndex, Turn
from chat_archive.stream_entries import StreamEntry
from chat_wire.messages import Position, Recorded

log = structlog.get_logger()


class SharedRecorder:
    """One period of writing to PostgreSQL, from opening to closing.

    Call `open`, then `catch_up` until it returns False, then `record`. If one of them raises StorageFailed, start again
    with a new recorder. It takes another epoch: a transaction of this one whose outcome is unknown has been committed
    by then, or never is. After Fenced, give up the writer lease.
    """

    def __init__(self, log_file: LogFile, index: SharedIndex, epoch: int | None = None) -> None:
        """Prepare a period of writing, without opening anything.

        Args:
            log_file: log.txt of this host, which the recorder only reads.
            index: The index.
            epoch: The epoch of the recorder before on the same writer lease; None for the first one.
        """
        self.epoch = epoch
        self._log_file = log_file
        self._index = index
        self._seen = SeenPosts(index)
        self._lines = 0
        self._complete = False
        self._imported_lines = 0
        self._imported_size: int | None = None

    def open(self) -> None:
        """Take the next epoch, and look for lines that log.txt has and the database lacks.

        An older version writes log.txt first, and an operator may restore one beside an empty database.

        Raises:
            Fenced: Another writer has begun since the recorder before.
            StorageFailed: The database cannot be used. Or log.txt cannot be read, and nothing says that the database
                has all of it.
        """
        self._index.create()
        self.epoch, self._lines = self._index.begin(self.epoch)
        self._complete = self._index.state().complete
        try:
            self._find_missing_lines()
        except LogFileFailed:  # the follower says so
            if not self._complete:
                raise

    def close(self) -> None:
        """Do nothing: the next writer takes another epoch."""

    def catch_up(self) -> bool:
        """Add about a MiB of the lines that the database lacks.

        Returns:
            Whether there may be more.

        Raises:
            Fenced: Another writer has begun.
            StorageFailed: log.txt cannot be read, or the database not written.
        """
        lines = self._missing_lines()
        if lines:
            self._import(lines)
        elif not self._complete:
            self._index.complete(self._epoch())
            self._complete = True
        return bool(lines)

    def record(self, room: str, entries: Sequence[StreamEntry]) -> list[Recorded]:
        """Record the new posts of a room's entries.

        Args:
            room: The room's name.
            entries: Entries of its stream, in order.

        Returns:
            The new posts, which are in the database.

        Raises:
            Fenced: Another writer has begun. None of the entries is recorded.
            StorageFailed: Treat none of the entries as recorded.
        """
        posts = self._seen.new_in(room, entries, self._lines + 1)
        if posts:
            self._add(posts, posts[-1].number)
        return posts

    def check(self) -> None:
        """Raise Fenced if another writer has begun, and IndexFailed if the database cannot be read."""
        if self._index.state().epoch != self.epoch:
            raise Fenced("another replica writes to the database")

    def position(self, room: str) -> Position | None:
        """Return the position up to which a room's stream is recorded. Raises IndexFailed."""
        return self._index.position(room)

    def _find_missing_lines(self) -> None:
        newest = self._index.newest()
        part = common_part(self._log_file, self._index)
        if part and part.lines == (newest.number if newest else 0):
            self._imported_lines, self._imported_size = part.lines, part.size

    def _missing_lines(self) -> list[bytes]:
        """Return whole lines of log.txt that are not imported yet: the last one may still be growing."""
        if self._imported_size is None:
            return []
        return [line for line in self._log_file.read(self._imported_size) if line.endswith(b"\n")]

    def _import(self, lines: Sequence[bytes]) -> None:
        new = self._seen.new(posts_in(lines, self._imported_lines + 1))
        self._imported_lines += len(lines)
        self._add(new, max(self._lines, self._imported_lines))
        self._imported_size = (self._imported_size or 0) + sum(map(len, lines))
        log.info("index.caught_up", lines=self._lines, new=len(new))

    def _add(self, posts: Sequence[Recorded], lines: int) -> None:
        self._index.record(posts, Turn(self._epoch(), self._lines, lines))
        self._lines = lines

    def _epoch(self) -> int:
        if self.epoch is None:
            raise Fenced("the recorder is not open")
        return self.epoch


EitherRecorder = Recorder | SharedRecorder
