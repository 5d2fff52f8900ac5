"""Entries of a room's stream, and the posts in them that the archive records. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from chat_wire.limits import MAX_INT64
from chat_wire.log_line import nearest_time
from chat_wire.messages import Batch, Notice, Position, Post, Recorded, Run, entry_ids


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """A message in a room's stream, and its offset there."""

    offset: int
    message: Batch | Notice

    @property
    def time(self) -> int:
        """When the router or the registry published it, in microseconds."""
        return self.message.server_ts if isinstance(self.message, Batch) else self.message.at


def posts_of(
    room: str, entries: Iterable[StreamEntry], first_number: int, is_new: Callable[[str, int], bool]
) -> list[Recorded]:
    """Return the new posts of a room's entries, in the order of the stream.

    Args:
        room: The room's name.
        entries: Entries of its stream, in order.
        first_number: The line of log.txt for the first new post. The others follow without a gap.
        is_new: Says whether a post is new, from its session and sequence. It is called once for each post that
            can be recorded, in order.
    """
    numbers = count(first_number)
    return [
        _recorded(next(numbers), room, offset, index, batch, run, post)
        for offset, index, batch, run, post in _posts(entries)
        if _is_recordable(post) and is_new(run.session, post.sequence)
    ]


def contexts_of(entries: Iterable[StreamEntry]) -> dict[tuple[str, int], str]:
    """Return the trace contexts of posts, by session and sequence."""
    runs = [run for each in entries if isinstance(each.message, Batch) for run in each.message.runs if run.traceparents]
    return {(run.session, sequence): context for run in runs for sequence, context in (run.traceparents or {}).items()}


def count_unrecordable(entries: Iterable[StreamEntry]) -> int:
    """Return how many posts cannot be recorded."""
    return sum(not _is_recordable(post) for *_, post in _posts(entries))


def sessions_of(entries: Iterable[StreamEntry]) -> list[str]:
    """Return the sessions that posted in these entries, each once."""
    batches = [each.message for each in entries if isinstance(each.message, Batch)]
    return list(dict.fromkeys(run.session for batch in batches for run in batch.runs))


def resumes_at(position: Position, entry: StreamEntry) -> bool:
    """Return whether an entry is the one at a position; if not, the stream has diverged.

    After a stream was deleted, or lost its end in a power cut, its offsets are used again for other entries.
    """
    return entry.offset == position.offset and position.id in entry_ids(entry.message)


def _is_recordable(post: Post) -> bool:
    """Return whether a column of 64 bits holds the sequence, which the client chooses."""
    return 0 < post.sequence <= MAX_INT64


def _posts(entries: Iterable[StreamEntry]) -> Iterator[tuple[int, int, Batch, Run, Post]]:
    for entry in entries:
        if isinstance(entry.message, Batch):
            index = 0
            for run in entry.message.runs:
                for post in run.posts:
                    yield entry.offset, index, entry.message, run, post
                    index += 1


def _recorded(number: int, room: str, offset: int, index: int, batch: Batch, run: Run, post: Post) -> Recorded:
    return Recorded(
        number=number,
        room=room,
        offset=offset,
        index=index,
        session=run.session,
        sequence=post.sequence,
        user=run.user,
        author=run.author,
        client_ts=nearest_time(post.client_ts),
        server_ts=nearest_time(batch.server_ts),
        text=post.text,
    )
