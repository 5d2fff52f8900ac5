"""`chat-admin import`: fill an empty system with the messages of a file.

The command publishes the posts to the rooms' streams, as a router does, and the archive records them. It goes on with
the next chunk only when the archive has recorded the one before. So it knows at any time what is imported; if it is
interrupted, the next run finds out, and goes on there.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO

from kombu.connection import Connection

from chat_admin import time_limit
from chat_admin.asking import Asker, connected, drain, in_alarm
from chat_admin.backup_file import Backup, batches_of, chunks_of
from chat_admin.errors import InAlarm, NoAnswer, NotImported
from chat_admin.exporting import archive_on, page_after
from chat_admin.letter import safe
from chat_amqp import topology
from chat_amqp.publisher import Publication, Publisher
from chat_wire.codec import encode
from chat_wire.messages import Exported, Recorded, post_id

CHUNK_POSTS, CHUNK_BYTES = 5_000, 8_000_000
MAX_UNCONFIRMED = 500
CONFIRM_SECONDS = 8
RECORD_SECONDS = 30
LOOK_AGAIN_SECONDS = 0.05
SAY_SECONDS = 5
# The archive may still record posts of an import that was interrupted.
SETTLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How much of a file is imported.

    Attributes:
        found: How many of its messages the archive had when the command started.
        added: How many it has recorded since.
        line: The line of the last of them, 0 without one.
        unfinished: Whether the last line of the file is cut, and left out.
    """

    found: int
    added: int = 0
    line: int
    unfinished: bool = False


class _Awaited:
    """Posts of a file that the archive has to record in this order.

    Attributes:
        head: The next one, None after the last.
        count: How many the archive has recorded.
        line: The line of the last of these.
        number: Its number in the archive.
    """

    def __init__(self, posts: Iterator[Recorded]) -> None:
        self._posts = posts
        self.head = next(posts, None)
        self.count = self.line = self.number = 0

    def take(self, recorded: Recorded) -> bool:
        """Return whether a recorded post is the next one, and go on to the one after it."""
        if self.head is None or _key(self.head) != _key(recorded):
            return False
        self.count += 1
        self.line, self.number = self.head.number, recorded.number
        self.head = next(self._posts, None)
        return True

    def rest(self) -> Iterator[Recorded]:
        """Return the posts that are not recorded."""
        return chain([self.head] if self.head else [], self._posts)


def imported(
    url: str, file: BinaryIO, waiting: Callable[[str], None] = lambda _why: None
) -> Generator[Progress, None, None]:
    """Import the messages of a file, and yield how far it is after each chunk.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.
        file: Lines of log.txt.
        waiting: Is told why the next chunk is late.

    Raises:
        NotImported: The archive has other messages, or the file has wrong lines, or the broker or the archive did not
            take a message. What was yielded before is imported.
        NoAnswer: The broker or the archive did not answer.
    """
    backup = Backup(file)
    with connected(url) as connection:
        archive = archive_on(connection)
        found = _recorded_of(archive, backup.posts())
        progress = Progress(found=found.count, line=found.line)
        yield progress
        publisher = Publisher(connection.channel())
        number = found.number
        for chunk in chunks_of(found.rest(), CHUNK_POSTS, CHUNK_BYTES):
            _publish(connection, publisher, archive, chunk)
            number = _wait_until_recorded(archive, chunk, number, waiting)
            progress = replace(progress, added=progress.added + len(chunk), line=chunk[-1].number)
            yield progress
    if backup.wrong:
        raise NotImported(_wrong_lines(backup))
    yield replace(progress, unfinished=backup.unfinished)


def _recorded_of(archive: Asker, posts: Iterator[Recorded]) -> _Awaited:
    """Compare a file with everything recorded: an earlier import may have been interrupted.

    Messages that people sent during that import are passed over.
    """
    page_after(archive, 0)  # now it is known that the archive answers
    time_limit.stop()  # the file may be large, or come from a slow program; each question has a limit of its own
    awaited, before = _Awaited(posts), 0
    number = _compare(archive, awaited, 0)
    while awaited.head and awaited.count > before:
        before = awaited.count
        time.sleep(SETTLE_SECONDS)
        number = _compare(archive, awaited, number)
    return awaited


def _compare(archive: Asker, awaited: _Awaited, number: int) -> int:
    """Compare the posts recorded after a number, and return the number of the newest one."""
    while True:
        page = page_after(archive, number)
        for post in page.messages:
            if not awaited.take(post) and awaited.head and not awaited.count:
                first = safe(post_id(post.session, post.sequence))[:80]
                raise NotImported(f"the archive has other messages, the first is {first}: import into an empty system")
        if page.through >= page.newest:
            return page.through
        number = page.through


def _wait_until_recorded(archive: Asker, posts: Sequence[Recorded], number: int, waiting: Callable[[str], None]) -> int:
    """Return the number of the last of some posts, once the archive has recorded all of them after another number."""
    awaited = _Awaited(iter(posts))
    moved_at = said_at = time.monotonic()
    while awaited.head:
        page = _page_or_none(archive, number, time.monotonic() - moved_at < RECORD_SECONDS)
        for post in page.messages if page else ():
            awaited.take(post)
        if page and page.through > number:
            number, moved_at = page.through, time.monotonic()
            continue
        line = awaited.head.number if awaited.head else 0
        if time.monotonic() - moved_at > RECORD_SECONDS:
            raise NotImported(
                f"the archive has not recorded line {line} within {RECORD_SECONDS} s: see its log, and "
                "run the command again; if that fails in the same way, reset the chat, and import into it"
            )
        if time.monotonic() - max(moved_at, said_at) > SAY_SECONDS:
            said_at = time.monotonic()
            waiting(f"the archive has not recorded line {line} yet")
        time.sleep(LOOK_AGAIN_SECONDS)
    return awaited.number


def _page_or_none(archive: Asker, number: int, patient: bool) -> Exported | None:
    """Return the posts after a number; None if the archive does not answer and there is still time."""
    try:
        return page_after(archive, number)
    except InAlarm:
        raise
    except NoAnswer:
        if not patient:
            raise
        return None


def _publish(connection: Connection, publisher: Publisher, archive: Asker, posts: Iterable[Recorded]) -> None:
    for batch in batches_of(posts):
        body = encode(batch)
        publisher.publish(Publication(exchange=topology.ROOM.name, routing_key=batch.room, body=body))
        drain(connection, 0)  # an alarm is noticed before the broker reads no more
        enough = publisher.unconfirmed < MAX_UNCONFIRMED and not archive.blocked
        _confirm(connection, publisher, archive, MAX_UNCONFIRMED if enough else MAX_UNCONFIRMED // 2)
    _confirm(connection, publisher, archive, 0)


def _confirm(connection: Connection, publisher: Publisher, archive: Asker, most: int) -> None:
    """Wait until the broker has confirmed all publications but `most`."""
    before, moved_at = publisher.unconfirmed, time.monotonic()
    while publisher.unconfirmed > most:
        if archive.blocked:
            raise in_alarm(" Run the command again when the alarm has ended.")
        if publisher.unconfirmed < before:
            before, moved_at = publisher.unconfirmed, time.monotonic()
        elif time.monotonic() - moved_at > CONFIRM_SECONDS:
            raise NoAnswer(f"the broker confirmed no message within {CONFIRM_SECONDS} s: `chat-admin status` says more")
        drain(connection, 1)
    if publisher.refused or publisher.returned:
        raise NotImported("the broker refused messages: start the services, and run the command again")


def _wrong_lines(backup: Backup) -> str:
    more = backup.wrong - len(backup.problems)
    return "\n".join(
        [
            *map(safe, backup.problems),
            *([f"{more:,} more lines are wrong"] if more else []),
            "nothing from the first of these lines on is imported: correct or remove them, and run the command again",
        ]
    )


def _key(post: Recorded) -> tuple[str, str, int]:
    return post.room, post.session, post.sequence
