"""What a router decides: which posts go into a room, in which batches, with which time."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from chat_router.errors import TooFast, WrongPartition, WrongSequence, WrongTime
from chat_tokens.tokens import Claims
from chat_wire.errors import UnknownRoom
from chat_wire.limits import MAX_POSTS, MAX_SEQUENCE, MAX_TIME, PARTITIONS
from chat_wire.messages import Batch, Post, Posts, Run

BATCH_POSTS = 256
BATCH_BYTES = 256 * 1024
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """A post on its way to a room, with what its token says of the sender."""

    room: str
    claims: Claims
    post: Post


def check_posts(message: Posts, claims: Claims, partition: int, rooms: Iterable[str]) -> None:
    """Hold a message of posts against the rules that concern it as a whole; raises PostsRejected."""
    if claims.partition != partition:
        raise WrongPartition(f"this session posts to partition {claims.partition}, not {partition}")
    if message.room not in rooms:
        raise UnknownRoom(f"there is no room {message.room!r:.80}")
    first = message.posts[0].sequence if message.posts else 0
    counted = [post.sequence for post in message.posts] == list(range(first, first + len(message.posts)))
    if not (1 <= len(message.posts) <= MAX_POSTS and 1 <= first <= MAX_SEQUENCE and counted):
        raise WrongSequence(f"a message holds 1 to {MAX_POSTS} posts, their sequences counting up by 1 from 1 on")
    if not all(0 <= post.client_ts <= MAX_TIME for post in message.posts):
        raise WrongTime("a post's client_ts is in microseconds since 1970, before the year 10000")


def to_batches(accepted: Iterable[Accepted], router: str, server_ts: int) -> list[Batch]:
    """One batch per room, or more where one would exceed 256 posts or 256 KiB of text.

    Keeps the order of arrival within a room, and with it each sender's.
    """
    rooms: dict[str, list[Accepted]] = {}
    for each in accepted:
        rooms.setdefault(each.room, []).append(each)
    return [
        Batch(room=room, router=router, server_ts=server_ts, runs=_to_runs(chunk))
        for room, posts in rooms.items()
        for chunk in _chunks(posts)
    ]


def _to_runs(accepted: Iterable[Accepted]) -> tuple[Run, ...]:
    return tuple(
        Run(session=claims.session, user=claims.name, author=claims.author, posts=tuple(each.post for each in group))
        for claims, group in groupby(accepted, key=lambda each: each.claims)
    )


def _chunks(accepted: Iterable[Accepted]) -> Iterator[list[Accepted]]:
    chunk: list[Accepted] = []
    size = 0
    for each in accepted:
        length = len(each.post.text.encode())
        if chunk and (len(chunk) == BATCH_POSTS or size + length > BATCH_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(each)
        size += length
    if chunk:
        yield chunk


class ServerClock:
    """Arrival times that never run backwards, whatever the wall clock does."""

    def __init__(self) -> None:
        self._last = 0

    def stamp(self, now: int) -> int:
        """The time to write on what arrives now, in microseconds."""
        self._last = max(self._last, now)
        return self._last


class RateLimit:
    """A token bucket for each session: `per_second` posts, and as many at once; 0 is no limit."""

    def __init__(self, per_second: int, most: int = 100_000) -> None:
        self._per_second = per_second
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def spend(self, session: str, posts: int, now: int) -> None:
        """Count posts at time `now` (microseconds); raises TooFast, and counts none, when they are too many."""
        if not self._per_second:
            return
        level, since = self._buckets.pop(session, (float(self._per_second), now))
        level = min(self._per_second, level + max(0, now - since) * self._per_second / MICROSECONDS)
        allowed = posts <= level
        self._buckets[session] = (level - posts if allowed else level, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        if not allowed:
            raise TooFast(f"more than {self._per_second} messages a second: wait a moment, then send again")


def priority(seat: int, partition: int) -> int:
    """How much the replica at a seat wants a partition (x-priority): the highest of those who are there has it.

    Each seat wants its share of what the seats below it have, and more than they do: so with the seats from 0 on taken,
    however many, all have as many partitions, give or take one, and a replica that comes moves no more than its own.
    """
    return seat + 1 if seat in _seats()[partition] else 0


@cache
def _seats() -> tuple[frozenset[int], ...]:
    """For each partition the seats that want it."""
    owner = [0] * PARTITIONS
    wanting: list[set[int]] = [{0} for _ in range(PARTITIONS)]
    for seat in range(1, PARTITIONS):
        for _ in range(PARTITIONS // (seat + 1)):
            taken = _next_to_take(owner, seat)
            owner[taken] = seat
            wanting[taken].add(seat)
    return tuple(map(frozenset, wanting))


def _next_to_take(owner: list[int], seat: int) -> int:
    """A partition of who has most, far from what the seat has: sessions fill partitions from 0 on."""
    mine = [partition for partition in range(PARTITIONS) if owner[partition] == seat] or [0]
    richest = max(range(seat), key=lambda other: (owner.count(other), -other))
    return max(
        (partition for partition in range(PARTITIONS) if owner[partition] == richest),
        key=lambda partition: min(min((partition - own) % PARTITIONS, (own - partition) % PARTITIONS) for own in mine),
    )
