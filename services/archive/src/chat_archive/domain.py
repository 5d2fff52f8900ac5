"""What is recorded of a room's stream, how it is written, and what a page of it holds. Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from itertools import count
from typing import Annotated, TypeVar

import msgspec
import orjson

from chat_archive.errors import InvalidWords, UnreadableLine
from chat_wire.codec import encode
from chat_wire.errors import InvalidName
from chat_wire.limits import MAX_TEXT
from chat_wire.messages import Batch, Notice, Position, Post, Recorded, Run, entry_ids, post_id
from chat_wire.names import name_key

MOST_PER_PAGE = 200
# The encoded posts of a page; a broker takes more, a client's memory should not.
PAGE_BYTES = 900_000
HIGHEST_NUMBER = 2**63 - 1
MOST_WORDS = 32
# Of a word no more is compared. PostgreSQL takes words of at most 2,046 bytes, and a letter may have four.
LONGEST_WORD = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_MICROSECOND = timedelta(microseconds=1)
_WORD = re.compile(r"[^\W_]+")
_EARLIEST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LATEST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND

T = TypeVar("T")


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


def posts_of(room: str, arrived: Iterable[Arrived], number: int, is_new: Callable[[str, int], bool]) -> list[Recorded]:
    """The new posts of a room's entries, in the stream's order, numbered from `number` on.

    `is_new` is asked once for each that is recordable, in order, by its session and sequence.
    """
    numbers = count(number)
    return [
        _recorded(next(numbers), room, offset, index, batch, run, post)
        for offset, index, batch, run, post in _posts(arrived)
        if is_recordable(post) and is_new(run.session, post.sequence)
    ]


def unrecordable(arrived: Iterable[Arrived]) -> int:
    """How many posts cannot be recorded."""
    return sum(not is_recordable(post) for *_, post in _posts(arrived))


def is_recordable(post: Post) -> bool:
    """Whether a database can hold the post's sequence; a client that counts so far does not count."""
    return 0 < post.sequence <= HIGHEST_NUMBER


def sessions_of(arrived: Iterable[Arrived]) -> list[str]:
    """The sessions that posted in these entries, each once."""
    batches = [each.entry for each in arrived if isinstance(each.entry, Batch)]
    return list(dict.fromkeys(run.session for batch in batches for run in batch.runs))


def _posts(arrived: Iterable[Arrived]) -> Iterator[tuple[int, int, Batch, Run, Post]]:
    for each in arrived:
        if isinstance(each.entry, Batch):
            index = 0
            for run in each.entry.runs:
                for post in run.posts:
                    yield each.offset, index, each.entry, run, post
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
        client_ts=_within_calendar(post.client_ts),
        server_ts=_within_calendar(batch.server_ts),
        text=post.text,
    )


def _within_calendar(time: int) -> int:
    """The nearest time that has a date: a client's clock may say anything, and must not stop the archive."""
    return time if _EARLIEST <= time <= _LATEST else max(_EARLIEST, min(time, _LATEST))


_Time = Annotated[datetime, msgspec.Meta(tz=True)]
_Place = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST_NUMBER)]


class _Line(msgspec.Struct, gc=False):
    server_ts: _Time
    client_ts: _Time
    room: str
    user: str
    text: str
    id: str
    author: str
    offset: _Place
    index: _Place


_LINE = msgspec.json.Decoder(_Line)


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
        found = _LINE.decode(line)
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
            client_ts=_from_utc(found.client_ts),
            server_ts=_from_utc(found.server_ts),
            text=found.text,
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise UnreadableLine(f"line {number}: {error}") from None


def _parts(post: str) -> tuple[str, int]:
    session, _, sequence = post.rpartition("-")
    if not 0 < int(sequence) <= HIGHEST_NUMBER:
        raise ValueError(f"{post!r:.80} is no id of a post")
    return session, int(sequence)


def to_iso(time: int) -> str:
    """Microseconds since 1970 as ISO 8601 in UTC: 2026-11-22T15:36:00.000000Z."""
    return f"{_whole_second(time // _SECOND)}.{time % _SECOND:06d}Z"


@lru_cache(maxsize=1024)
def _whole_second(time: int) -> str:
    return (_EPOCH + timedelta(seconds=time)).replace(tzinfo=None).isoformat()


def _from_utc(time: datetime) -> int:
    if time.utcoffset():
        raise ValueError(f"{time} is not in UTC")
    return (time - _EPOCH) // _MICROSECOND


def user_key(user: str) -> str:
    """What makes the name unique; a name that the rules of today would refuse is its own key."""
    try:
        return name_key(user)
    except InvalidName:
        return user


@lru_cache(maxsize=10_000)
def owner(author: str, user: str) -> int:
    """A number of 64 bits for an author under a name: an index of them is a sixth of one of the words.

    Two authors may share one, so both are to be compared; of one author's own names no two do by chance.
    """
    words = orjson.dumps((author, user_key(user)))
    return int.from_bytes(blake2b(words, digest_size=8).digest(), "big", signed=True)


def plain(text: str) -> str:
    """A text as words are looked for in it: without case and accents, ligatures as letters, ASCII signs as they are."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join([each if each < "\x80" or each.isalnum() else _gap(each) for each in folded])


def _gap(sign: str) -> str:
    """Marks go, accents are such; anything else parts two words."""
    return "" if unicodedata.category(sign).startswith("M") else " "


def words(text: str) -> list[str]:
    """The words of a text, as they are searched for: runs of letters and digits, of which the beginning counts."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain(text))]


def wanted_words(text: str) -> list[str]:
    """The words to search for, each once. Raises InvalidWords if there is none, or more than a database takes."""
    if len(text) > MAX_TEXT or len(wanted := list(dict.fromkeys(words(text)))) > MOST_WORDS:
        raise InvalidWords(f"at most {MOST_WORDS} words can be searched for at once: leave some out")
    if not wanted:
        raise InvalidWords("there is no word to search for: type letters or digits")
    return wanted


def holds(text: str, wanted: Sequence[str]) -> bool:
    """Whether of each wanted word there is one in the text that begins with it."""
    folded = plain(text)
    if not all(word in folded for word in wanted):  # as it is of most texts
        return False
    spaced = " ".join(["", *_WORD.findall(folded)])
    return all(f" {word}" in spaced for word in wanted)


def resumes(awaited: Position, first: Arrived) -> bool:
    """Whether the first entry that came is the one last recorded: else the stream has diverged.

    A stream that was deleted, or lost its end in a power cut, uses its offsets again for other posts.
    """
    return first.offset == awaited.offset and awaited.id in entry_ids(first.entry)


def page_size(limit: int) -> int:
    """How many posts to look for at most, whatever number is asked for."""
    return max(1, min(limit, MOST_PER_PAGE))


def parts(things: Sequence[T], size: Callable[[T], int], most: int) -> Iterator[list[T]]:
    """Things in their order, as many at once as stay within `most` in size, and at least one."""
    part: list[T] = []
    room_left = most
    for thing in things:
        room_left -= size(thing)
        if room_left < 0 and part:
            yield part
            part, room_left = [], most - size(thing)
        part.append(thing)
    if part:
        yield part


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
