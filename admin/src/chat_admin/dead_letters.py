"""`chat-admin dead-letters`: look at what could not be handled, have it handled again, or drop it.

A queue gives its messages one after another and has no way to ask for one. So all are fetched, oldest first,
and those that are not acknowledged go back, in their places, when the connection ends.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

from kombu.connection import Connection

from chat_admin.errors import NoAnswer, NoSuchLetter, NotReplayed
from chat_admin.letter import Letter, from_message, line, lines, safe
from chat_amqp import topology
from chat_amqp.connection import connect, recoverable_errors
from chat_amqp.publisher import Publication, Publisher

MOST_LISTED = 1000
CONFIRM_SECONDS = 10
# Each by the exchange that its clients use: what came from a client must not come back with an operator's rights.
REPLAYED_TO = {queue.name: queue for queue in (topology.COMMANDS, topology.QUERIES, *topology.INGRESS_QUEUES)}


def listed(url: str) -> list[str]:
    """A line for each letter, oldest first, for the first 1000. Raises NoAnswer, as all of these do.

    The letters are back in their queue when it returns: whoever reads the lines may take hours.
    """
    told: list[str] = []
    more = 0
    with _connected(url) as connection:
        for message in islice(_fetch(_channel(connection)), MOST_LISTED):
            told.append(line(from_message(message)))
            more = message.delivery_info["message_count"]
    return [*told, f"{more} more are not listed"] if more else told


def shown(url: str, letter_id: str) -> list[str]:
    """The lines of a letter; raises NoSuchLetter."""
    with _connected(url) as connection:
        _, letter = next(_chosen(_channel(connection), letter_id))
    return lines(letter)


def dropped(url: str, letter_id: str | None) -> Iterator[str]:
    """Remove the letters of an id, or all: a line for each; raises NoSuchLetter."""
    with _connected(url) as connection:
        channel = _channel(connection)
        for tag, letter in _chosen(channel, letter_id):
            channel.basic_ack(tag)
            yield f"dropped {line(letter)}"


def replayed(url: str, letter_id: str | None) -> Iterator[str]:
    """Send the letters of an id, or all, to the queues they came from: a line for each.

    A letter goes from dead-letters once the broker has confirmed that its queue has it. Raises NoSuchLetter,
    and in the end NotReplayed if some had to stay.
    """
    stayed: list[str] = []
    with _connected(url) as connection:
        channel, publisher = _channel(connection), Publisher(connection.channel())
        for tag, letter in _chosen(channel, letter_id):
            try:
                _publish(connection, publisher, letter)
            except NotReplayed as error:
                stayed.append(f"{letter.id} stays: {error}")
                continue
            channel.basic_ack(tag)
            yield f"replayed {line(letter)}"
    if stayed:
        raise NotReplayed("\n".join(stayed))


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    try:
        with connect(url, "chat-admin") as connection:
            yield connection
    except recoverable_errors() as error:
        raise NoAnswer(f"the broker does not do as asked ({error}): is the chat up?") from error


def _channel(connection: Connection) -> Any:
    channel: Any = connection.channel()
    channel.auto_decode = False
    return channel


def _fetch(channel: Any) -> Iterator[Any]:
    """The messages that are there at the first: no more, as one that is replayed may at once come back."""
    message = channel.basic_get(topology.DEAD_LETTERS.name)
    left = message.delivery_info["message_count"] if message else 0
    while message:
        yield message
        message = channel.basic_get(topology.DEAD_LETTERS.name) if left > 0 else None
        left -= 1


def _chosen(channel: Any, letter_id: str | None) -> Iterator[tuple[int, Letter]]:
    """The letters of an id, or all, with their delivery tags."""
    found = False
    for message in _fetch(channel):
        letter = from_message(message)
        if letter_id in (None, letter.id):
            found = True
            yield message.delivery_tag, letter
    if letter_id is not None and not found:
        raise NoSuchLetter(f"there is no letter {safe(letter_id)}: `chat-admin dead-letters list` has the ids")


def _publish(connection: Connection, publisher: Publisher, letter: Letter) -> None:
    queue = REPLAYED_TO.get(letter.source)
    if queue is None:
        raise NotReplayed(f"what comes from {safe(letter.source) or 'an unknown queue'} cannot be sent again")
    publisher.publish(
        Publication(
            exchange=queue.exchange.name, routing_key=queue.routing_key, body=letter.body, reply_to=letter.reply_to
        )
    )
    deadline = time.monotonic() + CONFIRM_SECONDS
    while publisher.unconfirmed:
        if time.monotonic() > deadline:
            raise NoAnswer(
                f"the broker did not confirm {letter.id} within {CONFIRM_SECONDS} s: it may be in both queues"
            )
        with suppress(TimeoutError):
            connection.drain_events(timeout=1)
    if publisher.refused or publisher.returned:
        publisher.refused, publisher.returned = [], []
        raise NotReplayed(f"the broker has no room for it in {queue.name}, or no such queue")
