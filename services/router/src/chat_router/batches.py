"""How accepted posts become batches, the entries of a room's stream."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from msgspec import UNSET

from chat_router.sender import Sender
from chat_router.validation import Accepted
from chat_wire.messages import Batch, Post, Run

MAX_BATCH_POSTS = 256
MAX_BATCH_BYTES = 256 * 1024
NO_CONTEXTS: Mapping[str, Mapping[int, str]] = {}


def to_batches(
    accepted: Iterable[Accepted], router: str, server_ts: int, contexts: Mapping[str, Mapping[int, str]] = NO_CONTEXTS
) -> list[Batch]:
    """Return the batches for accepted posts; within a room they keep the order of the posts.

    A room gets one batch, or more where one would exceed 256 posts or 256 KiB of text.

    Args:
        accepted: The posts in the order of their arrival.
        router: The replica's name.
        server_ts: The time of arrival, in microseconds since 1970-01-01 UTC.
        contexts: The trace contexts of posts, by session and sequence.
    """
    rooms: dict[str, list[Accepted]] = {}
    for each in accepted:
        rooms.setdefault(each.room, []).append(each)
    return [
        Batch(room=room, router=router, server_ts=server_ts, runs=_to_runs(chunk, contexts))
        for room, posts in rooms.items()
        for chunk in _chunks(posts)
    ]


def _to_runs(accepted: Iterable[Accepted], contexts: Mapping[str, Mapping[int, str]]) -> tuple[Run, ...]:
    return tuple(
        _to_run(sender, tuple(each.post for each in group), contexts.get(sender.session))
        for sender, group in groupby(accepted, key=lambda each: each.sender)
    )


def _to_run(sender: Sender, posts: tuple[Post, ...], contexts: Mapping[int, str] | None) -> Run:
    traced = {post.sequence: contexts[post.sequence] for post in posts if post.sequence in contexts} if contexts else {}
    return Run(session=sender.session, user=sender.name, author=sender.id, posts=posts, traceparents=traced or UNSET)


def _chunks(accepted: Iterable[Accepted]) -> Iterator[list[Accepted]]:
    chunk: list[Accepted] = []
    size = 0
    for each in accepted:
        length = len(each.post.text.encode())
        if chunk and (len(chunk) == MAX_BATCH_POSTS or size + length > MAX_BATCH_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(each)
        size += length
    if chunk:
        yield chunk


class ServerClock:
    """Arrival times that never decrease, even when the wall clock is set back."""

    def __init__(self) -> None:
        """Make a clock that has stamped nothing yet."""
        self._last = 0

    def stamp(self, now: int) -> int:
        """Return the arrival time for posts that arrive at `now`, both in microseconds since 1970-01-01 UTC."""
        self._last = max(self._last, now)
        return self._last
