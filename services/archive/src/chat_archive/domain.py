"""What is recorded of a room's stream, how it is written, and what a page of it holds. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import orjson

from chat_archive.errors import UnreadableLine
from chat_wire.codec import encode
from chat_wire.errors import InvalidName
from chat_wire.messages import Batch, Notice, Position, Post, Recorded, Run, entry_ids, post_id
from chat_wire.names import name_key

MOST_PER_PAGE = 200
# The encoded posts of a page; a broker takes more, a client's memory should not.
PAGE_BYTES = 900_000
HIGHEST_NUMBER = 2**63 - 1
_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST = (datetime.min - _EPOCH) // _MICROSECOND
_LATEST = (datetime.max - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Baton:
    """Whoever holds this message of archive.writer, unacknowledged, writes log.txt."""

    type: str = "baton"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Up to where log.txt is in the index: its first `size` bytes, which are `lines` lines."""

    size: int = 0
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Arrived:
    """An entry of a room's stream, and its offset there."""

    offset: int
    entry: Batch | Notice


def posts_of(room: str, arrived: Iterable[Arrived]) -> list[Recorded]:
    """The posts of a room's entries, in the stream's order, none of them numbered yet (0)."""
    return [
        _recorded(room, each.offset, each.entry, index, run, post)
        for each in arrived
        if isinstance(each.entry, Batch)
        for index, (run, post) in enumerate((run, post) for run in each.entry.runs for post in run.posts)
    ]


def is_recordable(post: Recorded) -> bool:
    """Whether a database can hold the post's sequence; a client that counts so far does not count."""
    return 0 < post.sequence <= HIGHEST_NUMBER


def _recorded(room: str, offset: int, batch: Batch, index: int, run: Run, post: Post) -> Recorded:
    return Recorded(
        number=0,
        room=room,
        offset=offset,
        index=index,
        session=run.session,
        sequence=post.sequence,
        user=run.user,
        author=run.author,
        client_ts=_within_calendar(post.client_ts),
        server_ts=_within_calendar(batch.server_ts),
        text=post.text,
    )


def _within_calendar(time: int) -> int:
    """The nearest time that has a date: a client's clock may say anything, and must not stop the archive."""
    return max(_EARLIEST, min(time, _LATEST))


class _Line(msgspec.Struct):
    server_ts: str
    client_ts: str
    room: str
    user: str
    text: str
    id: str
    author: str
    offset: int
    index: int


def to_line(post: Recorded) -> bytes:
    """The line of log.txt, newline included, that records a post."""
    line = {
        "server_ts": to_iso(post.server_ts),
        "client_ts": to_iso(post.client_ts),
        "room": post.room,
        "user": post.user,
        "text": post.text,
        "id": post_id(post.session, post.sequence),
        "author": post.author,
        "offset": post.offset,
        "index": post.index,
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def from_line(line: bytes, number: int) -> Recorded:
    """The post that line `number` of log.txt records; raises UnreadableLine."""
    try:
        found = msgspec.convert(orjson.loads(line), _Line)
        session, sequence = _parts(found.id)
        return Recorded(
            number=number,
            room=found.room,
            offset=found.offset,
            index=found.index,
            session=session,
            sequence=sequence,
            user=found.user,
            author=found.author,
            client_ts=from_iso(found.client_ts),
            server_ts=from_iso(found.server_ts),
            text=found.text,
        )
    except (orjson.JSONDecodeError, msgspec.ValidationError, ValueError) as error:
        raise UnreadableLine(f"line {number}: {error}") from None


def _parts(post: str) -> tuple[str, int]:
    session, _, sequence = post.rpartition("-")
    if not 0 < int(sequence) <= HIGHEST_NUMBER:
        raise ValueError(f"{post!r:.80} is no id of a post")
    return session, int(sequence)


def to_iso(time: int) -> str:
    """Microseconds since 1970 as ISO 8601 in UTC: 2026-11-22T15:36:00.000000Z."""
    return (_EPOCH + time * _MICROSECOND).isoformat(timespec="microseconds") + "Z"


def from_iso(text: str) -> int:
    """What `to_iso` was given; raises ValueError."""
    if not text.endswith("Z"):
        raise ValueError(f"{text!r} is not in UTC")
    return (datetime.fromisoformat(text[:-1]) - _EPOCH) // _MICROSECOND


def user_key(user: str) -> str:
    """What makes the name unique; a name that the rules of today would refuse is its own key."""
    try:
        return name_key(user)
    except InvalidName:
        return user


def resumes(awaited: Position, first: Arrived) -> bool:
    """Whether the first entry that came is the one last recorded: else the stream has diverged.

    A stream that was deleted, or lost its end in a power cut, uses its offsets again for other posts.
    """
    return first.offset == awaited.offset and awaited.id in entry_ids(first.entry)


def page_size(limit: int) -> int:
    """How many posts to look for at most, whatever number is asked for."""
    return max(1, min(limit, MOST_PER_PAGE))


def row_number(number: int) -> int:
    """The nearest number that a database can compare."""
    return max(0, min(number, HIGHEST_NUMBER))


def cut_page(found: Sequence[Recorded], most: int) -> tuple[list[Recorded], bool]:
    """The first of `found` that go into one page, at least one, and whether there are more.

    `found` comes in the order of preference, and holds one more than `most` if there is one.
    """
    room_left = PAGE_BYTES
    kept: list[Recorded] = []
    for post in found[:most]:
        room_left -= len(encode(post))
        if room_left < 0 and kept:
            break
        kept.append(post)
    return kept, len(kept) < len(found)
