"""The backlog of a room: what arrived from its stream and is not recorded yet. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat_archive.stream_entries import StreamEntry
from chat_wire.messages import IMPORTER, Batch


@dataclass(slots=True)
class Backlog:
    """The posts that wait in a room's stream, as far as they have arrived.

    Attributes:
        seen: The offset of the newest entry that arrived or was recorded before; None without one.
        recorded: The offset of the newest entry that is recorded; None without one.
        posts: The number of posts after `recorded`, up to `seen`.
        since: When the router published the oldest of them, in microseconds; None if nothing waits. Imported posts
            have old times on purpose, and do not count here.
    """

    seen: int | None = None
    recorded: int | None = None
    posts: int = 0
    since: int | None = None

    def arrive(self, entries: Sequence[StreamEntry], offset: int | None) -> None:
        """Note entries of the stream up to an offset. Entries that arrived before count once."""
        for entry in _after(self.seen, entries):
            posts = count_posts(entry)
            self.posts += posts
            if posts and self.since is None and is_timely(entry):
                self.since = entry.time
        self.seen = _later(self.seen, offset)

    def resume(self, offset: int) -> None:
        """Note that the stream is recorded up to an offset: another writer may have recorded meanwhile."""
        self.seen = _later(self.seen, offset)
        self.record([], offset)

    def record(self, entries: Sequence[StreamEntry], offset: int | None) -> None:
        """Note that entries up to an offset, all of which had arrived, are recorded."""
        self.posts -= sum(map(count_posts, _after(self.recorded, entries)))
        self.recorded = _later(self.recorded, offset)
        if self.recorded == self.seen:
            self.posts, self.since = 0, None
        elif entries and self.since is not None and is_timely(entries[-1]):
            self.since = max(self.since, entries[-1].time)


def count_posts(entry: StreamEntry) -> int:
    """Return the number of posts in an entry."""
    return sum(len(run.posts) for run in entry.message.runs) if isinstance(entry.message, Batch) else 0


def is_timely(entry: StreamEntry) -> bool:
    """Return whether the time of an entry is that of its publication, and not an earlier one."""
    return not (isinstance(entry.message, Batch) and entry.message.router == IMPORTER)


def _after(offset: int | None, entries: Sequence[StreamEntry]) -> Sequence[StreamEntry]:
    return entries if offset is None else [entry for entry in entries if entry.offset > offset]


def _later(known: int | None, offset: int | None) -> int | None:
    return offset if known is None else max(known, known if offset is None else offset)
