"""The line of log.txt that records a post, written and read. Pure.

A line is a JSON object. Its times are ISO 8601 in UTC with microseconds, such as 2026-11-22T15:36:00.000000Z. No
character in it acts on a terminal: a member may have posted any.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

import msgspec
import orjson

from chat_wire.errors import UnreadableLine
from chat_wire.limits import MAX_INT64, MAX_TIME
from chat_wire.messages import Recorded, post_id
from chat_wire.text import inert
from chat_wire.units import SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MIN_TIME = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND

_Time = Annotated[datetime, msgspec.Meta(tz=True)]
_Place = Annotated[int, msgspec.Meta(ge=0, le=MAX_INT64)]


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
    """Return the line that records a post, with its newline."""
    return inert(_former_line(post))


def lines_for(post: Recorded) -> tuple[bytes, ...]:
    """Return the lines that may record a post: the one of today, and that of 0.3.0 if it differs."""
    return tuple(dict.fromkeys((to_line(post), _former_line(post))))


def _former_line(post: Recorded) -> bytes:
    line = {
        "server_ts": _to_iso(post.server_ts),
        "client_ts": _to_iso(post.client_ts),
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
    """Return the post that a line records.

    Args:
        line: The line, with or without its newline.
        number: Its place in log.txt, from 1 on.

    Raises:
        UnreadableLine: The archive did not write this line.
    """
    try:
        found = _LINE.decode(line)
        session, sequence = _split_id(found.id)
        return Recorded(
            number=number,
            room=found.room,
            offset=found.offset,
            index=found.index,
            session=session,
            sequence=sequence,
            user=found.user,
            author=found.author,
            client_ts=_to_microseconds(found.client_ts),
            server_ts=_to_microseconds(found.server_ts),
            text=found.text,
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise UnreadableLine(f"line {number}: {error}") from None


def nearest_time(time: int) -> int:
    """Return the nearest time that a line can hold, in microseconds: a client's clock may show any time."""
    return time if _MIN_TIME <= time <= MAX_TIME else max(_MIN_TIME, min(time, MAX_TIME))


def _split_id(post: str) -> tuple[str, int]:
    session, _, sequence = post.rpartition("-")
    if not 0 < int(sequence) <= MAX_INT64:
        raise ValueError(f"{post!r:.80} is not the id of a post")
    return session, int(sequence)


def _to_iso(time: int) -> str:
    return f"{_whole_second(time // SECOND)}.{time % SECOND:06d}Z"


@lru_cache(maxsize=1024)
def _whole_second(time: int) -> str:
    return (_EPOCH + timedelta(seconds=time)).replace(tzinfo=None).isoformat()


def _to_microseconds(time: datetime) -> int:
    if time.utcoffset():
        raise ValueError(f"{time} is not in UTC")
    return (time - _EPOCH) // _MICROSECOND
