"""Records posts: into log.txt first, then into the index in SQLite, so that log.txt is never behind."""

from collections.abc import Sequence

import structlog

from chat_archive.local_index import Checkpoint, LocalIndex
from chat_archive.log_file import LogFile
from chat_archive.log_lines import posts_in
from chat_archive.seen_posts import SeenPosts
from chat_archive.stream_entries import StreamEntry
from chat_wire.log_line import lines_for, to_line
from chat_wire.messages import Position, Recorded

log = structlog.get_logger()


class Recorder:
    """One period of writing log.txt and the index, from opening to closing.

    Call `open`, then `catch_up` until it returns False, then `record`. If one of them raises StorageFailed, close the
    recorder and start again with a new one: it finds lines that were written but not indexed in log.txt, and the
    stream delivers again everything that was not written.
    """

    def __init__(self, log_file: LogFile, index: LocalIndex) -> None:
        """Prepare a period of writing, without opening anything.

        Args:
            log_file: log.txt, not open yet.
            index: The index of the same log.txt.
        """
        self._log_file = log_file
        self._index = index
        self._seen = SeenPosts(index)
        self._indexed = Checkpoint()

    def open(self) -> None:
        """Lock log.txt, and clear the index if it is not a view of this file.

        Raises:
            LogFileHeld: Another process writes log.txt.
            StorageFailed: log.txt or the index cannot be used.
        """
        self._log_file.open()
        self._index.create()
        self._indexed = self._index.checkpoint()
        if not self._is_view():
            if self._log_file.size or self._indexed != Checkpoint():
                log.warning("index.rebuilding", lines=self._indexed.lines, size=self._log_file.size)
            self._index.clear()
            self._indexed = Checkpoint()

    def close(self) -> None:
        """Close log.txt, for another process to open."""
        self._log_file.close()

    def catch_up(self) -> bool:
        """Index about a MiB of the lines that the index lacks.

        Returns:
            Whether there may be more.

        Raises:
            StorageFailed: log.txt cannot be read, or the index not written.
        """
        lines = self._log_file.read(self._indexed.size)
        if lines:
            self._index_lines(lines)
        return bool(lines)

    def record(self, room: str, entries: Sequence[StreamEntry]) -> list[Recorded]:
        """Record the new posts of a room's entries.

        Args:
            room: The room's name.
            entries: Entries of its stream, in order.

        Returns:
            The new posts, which are on disk and in the index.

        Raises:
            StorageFailed: Treat none of the entries as recorded.
        """
        posts = self._seen.new_in(room, entries, self._indexed.lines + 1)
        if posts:
            self._write(posts)
        return posts

    def check(self) -> None:
        """Raise LogFileFailed if somebody removed, replaced, shortened or extended log.txt."""
        self._log_file.check()

    def position(self, room: str) -> Position | None:
        """Return the position up to which a room's stream is recorded. Raises IndexFailed."""
        return self._index.position(room)

    def _is_view(self) -> bool:
        """Return whether log.txt begins with the posts that this version has indexed.

        Somebody may have removed or replaced it. Without posts nothing is certain: an older version may have filled a
        part of the tables.
        """
        newest = self._index.newest()
        if newest is None or self._index.has_other_writer():
            return False
        if self._indexed.size > self._log_file.size:
            return False
        return any(self._log_file.has(line, self._indexed.size) for line in lines_for(newest))

    def _index_lines(self, lines: Sequence[bytes]) -> None:
        new = self._seen.new(posts_in(lines, self._indexed.lines + 1))
        self._index_posts(new, sum(map(len, lines)), len(lines))
        log.info("index.caught_up", lines=self._indexed.lines, new=len(new))

    def _write(self, posts: Sequence[Recorded]) -> None:
        lines = [to_line(post) for post in posts]
        written = b"".join(lines)
        self._log_file.append(written)
        self._index_posts(posts, len(written), len(lines))

    def _index_posts(self, posts: Sequence[Recorded], size: int, lines: int) -> None:
        indexed = Checkpoint(self._indexed.size + size, self._indexed.lines + lines)
        self._index.record(posts, indexed)
        self._indexed = indexed
