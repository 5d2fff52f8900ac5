"""`chat-admin export`: the recorded messages, as lines of log.txt."""

import secrets
import time
from collections.abc import Callable, Iterator

from kombu.connection import Connection

from chat_admin.asking import ANSWER_SECONDS, Asker, connected
from chat_admin.errors import NoAnswer, NotExported
from chat_amqp import topology
from chat_wire.messages import Export, Exported

TRIES = 3
RETRY_SECONDS = 1.0
# So long a page may be refused because the database, or the index, is not ready.
BUSY_SECONDS = ANSWER_SECONDS
LOOK_AGAIN_SECONDS = 0.1


def archive_on(connection: Connection) -> Asker:
    """Return the asker of the archive.

    Args:
        connection: A connection to the broker.
    """
    return Asker(connection, "archive", topology.EXPORTS.routing_key)


def page_after(archive: Asker, after: int, room: str | None = None, since: int | None = None) -> Exported:
    """Return the oldest recorded posts after a number.

    Args:
        archive: Asks the archive.
        after: The number.
        room: The room's name; None for all rooms.
        since: The earliest time of arrival, in microseconds; None for any time.

    Raises:
        NotExported: The archive refused.
        NoAnswer: The archive did not answer, or cannot at the moment.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        question = Export(request=secrets.token_hex(16), after=after, room=room, since=since)
        answer = archive.ask(question, Exported, max(LOOK_AGAIN_SECONDS, deadline - time.monotonic()))
        if isinstance(answer, Exported):
            return answer
        if answer.reason != "no_answer":
            raise NotExported(f"the archive refused: {answer.text}")
        if time.monotonic() > deadline:
            raise NoAnswer(f"the archive cannot answer: {answer.text}")
        time.sleep(LOOK_AGAIN_SECONDS)


def exported(
    url: str, room: str | None, since: int | None, waiting: Callable[[str], None] = lambda _why: None
) -> Iterator[Exported]:
    """Yield everything that is recorded when the first page is, in the order of log.txt, page by page.

    An interruption of less than about 30 s only delays the next page.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.
        room: The room's name; None for all rooms.
        since: The earliest time of arrival at a router, in microseconds since 1970-01-01 UTC; None for any time.
        waiting: Is told why the next page is late.

    Raises:
        NotExported: The archive refused.
        NoAnswer: The broker or the archive did not answer: the first time, or later three times in a row.
    """
    after, end, failures = 0, None, 0
    while end is None or after < end:
        try:
            for page in _pages(url, after, room, since):
                end = page.newest if end is None else end
                if page.through == after < end:
                    raise NotExported("the archive has fewer messages than before: is it building its index again?")
                after, failures = page.through, 0
                yield page
                if after >= end:
                    return
        except NoAnswer as error:
            failures += 1
            if end is None or failures == TRIES:
                raise
            waiting(str(error))
            time.sleep(RETRY_SECONDS)


def _pages(url: str, after: int, room: str | None, since: int | None) -> Iterator[Exported]:
    """Yield page after page, without end, over one connection."""
    with connected(url) as connection:
        archive = archive_on(connection)
        while True:
            page = page_after(archive, after, room, since)
            after = page.through
            yield page
