"""Records posts: into log.txt first, then into the index, so that log.txt is never behind."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import structlog

from chat_archive.domain import Arrived, Checkpoint, from_line, posts_of, sessions_of, to_line, unrecordable
from chat_archive.errors import StorageFailed, UnreadableLine
from chat_archive.index import Index
from chat_archive.log_file import LogFile
from chat_wire.deduplicator import Deduplicator
from chat_wire.messages import Position, Recorded

log = structlog.get_logger()

# What one lookup in the index may name; databases have limits, the lowest in use is 999.
SESSIONS_AT_ONCE = 500


class Recorder:
    """The one writer of log.txt and the index.

    Open it, catch up until there is no more, then record. Whatever fails closes it, and the way back is
    the same: what was written but not indexed is found in log.txt, what was not written comes again.
    """

    def __init__(self, transcript: LogFile, index: Index) -> None:
        self._transcript = transcript
        self._index = index
        self._seen: dict[str, Deduplicator] = defaultdict(Deduplicator)
        self._indexed = Checkpoint()

    @property
    def is_open(self) -> bool:
        """Whether this process holds log.txt."""
        return self._transcript.is_open

    def open(self) -> None:
        """Take log.txt, which another process may be holding. Raises StorageFailed."""
        self.close()
        with self._closing_on_failure():
            self._transcript.open()
            self._index.create()
            self._indexed = self._index.checkpoint()
            if not self._is_view():
                log.warning("index.rebuilding", lines=self._indexed.lines, size=self._transcript.size)
                self._index.clear()
                self._indexed = Checkpoint()

    def close(self) -> None:
        """Let go of log.txt, and forget what was only in memory."""
        self._transcript.close()
        self._seen.clear()

    def catch_up(self) -> bool:
        """Take some lines that the index lacks into it; whether there may be more. Raises StorageFailed."""
        with self._closing_on_failure():
            lines = self._transcript.read(self._indexed.size)
            if lines:
                self._take_in(lines)
        return bool(lines)

    def record(self, room: str, arrived: Sequence[Arrived]) -> list[Recorded]:
        """Write what is new in these entries of a room's stream; returns it, numbered.

        It is on disk then. Raises StorageFailed: nothing may be taken as recorded then.
        """
        with self._closing_on_failure():
            posts = self._new_posts(room, arrived)
            if posts:
                self._write(posts)
        return posts

    def check(self) -> None:
        """Raises StorageFailed if log.txt was removed or replaced, or is longer or shorter than it was left."""
        with self._closing_on_failure():
            self._transcript.check()

    def position(self, room: str) -> Position | None:
        """Up to where a room's stream is recorded."""
        return self._index.position(room)

    @contextmanager
    def _closing_on_failure(self) -> Iterator[None]:
        try:
            yield
        except StorageFailed:
            self.close()
            raise

    def _is_view(self) -> bool:
        """Whether what is indexed is what log.txt begins with: somebody may have removed or replaced it."""
        newest = self._index.newest()
        if newest is None:
            return self._indexed == Checkpoint()
        return self._indexed.size <= self._transcript.size and self._transcript.has(to_line(newest), self._indexed.size)

    def _take_in(self, lines: Sequence[bytes]) -> None:
        numbered = enumerate(lines, start=self._indexed.lines + 1)
        posts = [post for number, line in numbered if (post := _read_line(line, number))]
        new = self._new(posts)
        if len(new) < len(posts):
            log.warning("log.repeated_lines", count=len(posts) - len(new))
        self._index_posts(new, sum(map(len, lines)), len(lines))
        log.info("index.caught_up", lines=self._indexed.lines, new=len(new))

    def _write(self, posts: Sequence[Recorded]) -> None:
        lines = [to_line(post) for post in posts]
        written = b"".join(lines)
        self._transcript.append(written)
        self._index_posts(posts, len(written), len(lines))

    def _index_posts(self, posts: Sequence[Recorded], size: int, lines: int) -> None:
        indexed = Checkpoint(self._indexed.size + size, self._indexed.lines + lines)
        self._index.record(posts, indexed)
        self._indexed = indexed

    def _new_posts(self, room: str, arrived: Sequence[Arrived]) -> list[Recorded]:
        if refused := unrecordable(arrived):
            log.warning("posts.unrecordable", count=refused)
        self._recall(room, sessions_of(arrived))
        return posts_of(room, arrived, self._indexed.lines + 1, self._seen[room].admit)

    def _new(self, posts: Sequence[Recorded]) -> list[Recorded]:
        """Those not recorded before, known by their sequence: a session's posts never overtake each other."""
        spoke: dict[str, set[str]] = defaultdict(set)
        for post in posts:
            spoke[post.room].add(post.session)
        for room, sessions in spoke.items():
            self._recall(room, sessions)
        return [post for post in posts if self._seen[post.room].admit(post.session, post.sequence)]

    def _recall(self, room: str, sessions: Collection[str]) -> None:
        seen = self._seen[room]
        unknown = [session for session in sessions if not seen.last(session)]
        for start in range(0, len(unknown), SESSIONS_AT_ONCE):
            found = self._index.last_sequences(room, unknown[start : start + SESSIONS_AT_ONCE])
            for session, sequence in found.items():
                seen.admit(session, sequence)


def _read_line(line: bytes, number: int) -> Recorded | None:
    try:
        return from_line(line, number)
    except UnreadableLine as error:
        log.warning("log.unreadable_line", number=number, error=str(error))
        return None
