"""The file of a backup: lines of log.txt, read as posts, and posts as batches for a room's stream."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import BinaryIO

from chat_admin.errors import NotImported
from chat_amqp import topology
from chat_wire.deduplicator import Deduplicator
from chat_wire.errors import UnreadableLine
from chat_wire.limits import MAX_POSTS
from chat_wire.log_line import from_line
from chat_wire.messages import IMPORTER, Batch, Post, Recorded, Run, post_id

MAX_LINE_BYTES = 1 << 20
MAX_NAMED = 20
# Of text, as a router has it: an entry of the stream stays far below the broker's largest message.
MAX_BATCH_BYTES = 256 * 1024


@dataclass
class Backup:
    """The posts of a file, up to the first line that is wrong.

    Attributes:
        file: The file, open at its beginning.
        problems: What is wrong with lines, for people: the first 20.
        wrong: How many lines are wrong. If this is above 0, no post after the first of them was read.
        unfinished: Whether the last line is cut: the archive was writing it when somebody copied the file.
    """

    file: BinaryIO
    problems: list[str] = field(default_factory=list)
    wrong: int = 0
    unfinished: bool = False

    def posts(self) -> Iterator[Recorded]:
        """Yield the posts before the first wrong line, then read on to find the other wrong lines.

        The number of a post is that of its line in the file, from 1 on.
        """
        seen = {room: Deduplicator() for room in topology.ROOMS}
        for number, line in enumerate(_lines(self.file), start=1):
            try:
                post = _post(line, number, seen)
            except UnreadableLine as error:
                self._note(line, str(error))
                continue
            if post and not self.wrong:
                yield post

    def _note(self, line: bytes, problem: str) -> None:
        if not line.endswith(b"\n") and len(line) <= MAX_LINE_BYTES:  # only the last line has no newline
            self.unfinished = True
            return
        self.wrong += 1
        if self.wrong <= MAX_NAMED:
            self.problems.append(problem)


def chunks_of(posts: Iterable[Recorded], most: int, most_bytes: int) -> Iterator[list[Recorded]]:
    """Yield posts in order, in chunks of at most `most` posts and `most_bytes` bytes of text, but at least one post."""
    chunk: list[Recorded] = []
    size = 0
    for post in posts:
        length = len(post.text.encode())
        if chunk and (len(chunk) == most or size + length > most_bytes):
            yield chunk
            chunk, size = [], 0
        chunk.append(post)
        size += length
    if chunk:
        yield chunk


def batches_of(posts: Iterable[Recorded]) -> Iterator[Batch]:
    """Yield posts in order as entries of their rooms' streams, which keep times, sessions and sequences."""
    for (room, server_ts), group in groupby(posts, key=lambda post: (post.room, post.server_ts)):
        for chunk in chunks_of(group, MAX_POSTS, MAX_BATCH_BYTES):
            yield Batch(room=room, router=IMPORTER, server_ts=server_ts, runs=tuple(_runs(chunk)))


def _runs(posts: Iterable[Recorded]) -> Iterator[Run]:
    for (session, user, author), group in groupby(posts, key=lambda post: (post.session, post.user, post.author)):
        sent = tuple(Post(sequence=post.sequence, client_ts=post.client_ts, text=post.text) for post in group)
        yield Run(session=session, user=user, author=author, posts=sent)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file, those that are too long only to a byte more than MAX_LINE_BYTES."""
    try:
        while line := file.readline(MAX_LINE_BYTES + 1):
            yield line
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE_BYTES)
    except OSError as error:
        raise NotImported(f"the file cannot be read: {error.strerror}") from error


def _post(line: bytes, number: int, seen: Mapping[str, Deduplicator]) -> Recorded | None:
    """Return the post in a line, or None for an empty line."""
    if not line.strip():
        return None
    if len(line) > MAX_LINE_BYTES:
        raise UnreadableLine(f"line {number}: longer than {MAX_LINE_BYTES:,} bytes")
    post = from_line(line, number)
    if post.room not in seen:
        raise UnreadableLine(f"line {number}: the room {post.room!r:.80} does not exist")
    if not seen[post.room].admit(post.session, post.sequence):
        posted = post_id(post.session, post.sequence)
        raise UnreadableLine(f"line {number}: {posted:.80} is there twice, or after a later message of its session")
    return post
