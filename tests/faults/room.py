"""The room after a run: its stream, read from the first entry to a marker, log.txt of each host, and the index."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import orjson

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_archive.errors import IndexFailed
from chat_archive.index import Index
from chat_wire.codec import decode, encode
from chat_wire.errors import UnknownType, WireError
from chat_wire.log_line import to_line
from chat_wire.messages import Batch, Marker, Notice, Post, Recorded, Run
from testkit.wait import until
from tests.faults.operations import Entry, Room
from tests.faults.posts import deduplicated

ROOM = topology.ROOMS[0]
LOG = "log.txt"
ROWS_AT_ONCE = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Chat(Protocol):
    """A running chat: a System of the tests, or one that an operator's commands started."""

    @property
    def data(self) -> Path:
        """The directory with the log.txt of now."""
        ...

    def url(self, user: str) -> str:
        """Return the AMQP URL of a user."""
        ...


@dataclass(frozen=True, slots=True)
class Copies:
    """Where the archives record the room.

    Attributes:
        logs: The path of log.txt on each host.
        index: The index.
    """

    logs: Sequence[Path]
    index: Index


def read_room(chat: Chat, copies: Copies | None = None, patience: float = 60) -> Room:
    """Read the stream up to now, and its copies up to the same post.

    Args:
        chat: The running chat.
        copies: The copies; None for the log.txt of the chat alone.
        patience: The seconds to wait until all copies have the newest post of the stream.

    Returns:
        The room; if a copy stays behind, that is a matter for the checker.

    Raises:
        AssertionError: The stream cannot be read.
    """
    end, bodies = _read_stream(chat)
    room = _decoded(bodies)
    newest = max(((entry.offset, entry.index) for entry in deduplicated(room.stream)), default=(-1, 0))
    with suppress(AssertionError):
        until(lambda: _newest_copied(chat, copies) >= newest, patience)
    if copies is None:
        return read_log(chat.data / LOG, LOG, room, end)
    for number, path in enumerate(copies.logs, start=1):
        room = read_log(path, LOG if number == 1 else f"{LOG} of host {number}", room, end)
    return _with_copy(room, "the index", _rows(copies.index, patience), end)


def _newest_copied(chat: Chat, copies: Copies | None) -> tuple[int, int]:
    """Return the offset and index of the newest post that all copies have."""
    if copies is None:
        return _newest_line(chat.data / LOG)
    return min(_newest_row(copies.index), *map(_newest_line, copies.logs))


def read_log(path: Path, name: str, room: Room, end: int) -> Room:
    """Return the room with the posts of a log.txt.

    Args:
        path: The file log.txt.
        name: The name of the copy.
        room: The room with its stream.
        end: The offset at which the reading of the stream ended; later posts are left out.
    """
    log: list[Entry] = []
    unreadable = list(room.unreadable)
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True) if path.exists() else (), start=1):
        try:
            log.append(from_line(line, number))
        except (ValueError, KeyError, TypeError) as error:
            unreadable.append(f"line {number} of {name} is invalid ({error!r}): {line!r}")
    return _with_copy(replace(room, unreadable=tuple(unreadable)), name, log, end)


def _with_copy(room: Room, name: str, posts: Sequence[Entry], end: int) -> Room:
    known = {entry.id for entry in room.stream}
    copy = tuple(entry for entry in posts if entry.offset < end or entry.id in known)
    return replace(room, copies={**room.copies, name: copy})


def _rows(index: Index, patience: float) -> list[Entry]:
    """Return all posts of the index; raises AssertionError if it cannot be read within the patience."""
    posts: list[Recorded] = []

    def reads_all() -> bool:
        with suppress(IndexFailed):
            while page := index.following(posts[-1].number if posts else 0, ROWS_AT_ONCE):
                posts.extend(page)
            return True
        return False

    until(reads_all, patience, "the index can be read")
    return [from_line(to_line(post), post.number) for post in posts]


def newest_number(copies: Copies) -> int:
    """Return the number of the newest post of the index; 0 if it has none or cannot be read."""
    with suppress(IndexFailed):
        return max((post.number for post in copies.index.history(ROOM, None, 1)), default=0)
    return 0


def _newest_row(index: Index) -> tuple[int, int]:
    with suppress(IndexFailed):
        return max(((post.offset, post.index) for post in index.history(ROOM, None, 1)), default=(-1, 0))
    return (-1, 0)


def from_line(line: bytes, number: int = 0) -> Entry:
    """Return the post in a line of log.txt, with the number of that line.

    Raises:
        ValueError, KeyError, TypeError: The line is invalid.
    """
    if not line.endswith(b"\n"):
        raise ValueError("the line feed at its end is missing")
    found = orjson.loads(line)
    found |= {key: _microseconds(found[key]) for key in ("client_ts", "server_ts")}
    return Entry(**{key: found[key] for key in Entry.__dataclass_fields__ if key != "number"}, number=number)


def _microseconds(time: str) -> int:
    return (datetime.fromisoformat(time) - EPOCH) // timedelta(microseconds=1)


def _newest_line(path: Path) -> tuple[int, int]:
    if not path.exists():
        return (-1, 0)
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 100_000))
        for line in reversed(file.read().splitlines(keepends=True)):
            with suppress(ValueError, KeyError, TypeError):
                entry = from_line(line)
                return entry.offset, entry.index
    return (-1, 0)


def _read_stream(chat: Chat) -> tuple[int, list[tuple[int, bytes]]]:
    """Return the offset of a new marker, and all entries before it with their offsets."""
    origin = secrets.token_hex(8)
    _publish_marker(chat, origin)
    body = encode(Marker(origin=origin))
    connection = connect(chat.url("archive"), "checker")
    arrived: list[tuple[int, bytes]] = []
    _consume(connection.channel(), arrived)

    def marker_arrives() -> bool:
        seen = len(arrived)
        with suppress(TimeoutError):
            while True:
                connection.drain_events(timeout=0.1)
        connection.heartbeat_check()
        return any(entry == body for _, entry in arrived[seen:])

    until(marker_arrives, 120, "the room's stream is read to its end")
    connection.collect()
    end = next(offset for offset, entry in arrived if entry == body)
    return end, [(offset, entry) for offset, entry in arrived if offset < end]


def _consume(channel: Any, arrived: list[tuple[int, bytes]]) -> None:
    def on_entry(message: Any) -> None:
        channel.basic_ack(message.delivery_tag)
        arrived.append((message.headers["x-stream-offset"], bytes(message.body)))

    channel.auto_decode = False
    channel.basic_qos(0, 1000, False)
    channel.basic_consume(topology.room(ROOM).name, callback=on_entry, arguments={"x-stream-offset": "first"})


def _publish_marker(chat: Chat, origin: str) -> None:
    connection = connect(chat.url("router"), "checker")
    publisher = Publisher(connection.channel())
    body = encode(Marker(origin=origin))
    publisher.publish(Publication(exchange=topology.ROOM.name, routing_key=ROOM, body=body))

    def confirmed() -> bool:
        with suppress(TimeoutError):
            connection.drain_events(timeout=0.1)
        return not publisher.unconfirmed

    until(confirmed, 60, "the marker is confirmed")
    assert not publisher.returned
    connection.release()


def _decoded(bodies: list[tuple[int, bytes]]) -> Room:
    entries: list[Entry] = []
    unreadable: list[str] = []
    for offset, body in bodies:
        try:
            message: Any = decode(body, Batch, Notice)
        except UnknownType:  # markers of other readings
            continue
        except WireError as error:
            unreadable.append(f"entry {offset} of the stream is invalid ({error}): {body!r}")
            continue
        if isinstance(message, Batch):
            entries += _entries(offset, message)
    return Room(stream=tuple(entries), unreadable=tuple(unreadable))


def _entries(offset: int, batch: Batch) -> list[Entry]:
    posts: list[tuple[Run, Post]] = [(run, post) for run in batch.runs for post in run.posts]
    return [
        Entry(
            offset=offset,
            index=index,
            id=f"{run.session}-{post.sequence}",
            user=run.user,
            author=run.author,
            text=post.text,
            client_ts=post.client_ts,
            server_ts=batch.server_ts,
        )
        for index, (run, post) in enumerate(posts)
    ]
