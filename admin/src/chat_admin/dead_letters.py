"""`chat-admin dead-letters`: list, show, replay and drop the messages that no service could handle.

A queue cannot hand out a chosen message. So these commands fetch all letters, oldest first. When the connection
closes, the broker puts the letters that were not acknowledged back into their places.
"""

import sys
import time
from collections.abc import Iterator
from itertools import islice
from threading import Event
from typing import Any

from kombu.connection import Connection

from chat_admin import time_limit
from chat_admin.asking import connected, drain, in_alarm
from chat_admin.errors import NoAnswer, NoSuchLetter, NotReplayed
from chat_admin.letter import Letter, from_message, line, lines, safe
from chat_amqp import former, topology
from chat_amqp.publisher import Publication, Publisher

MAX_LISTED = 1000
CONFIRM_SECONDS = 5
SAY_SECONDS = 5
# A replay goes through the exchange that clients use: a client's command must not get the rights of an operator.
REPLAYABLE = (*topology.POSTS_QUEUES, former.COMMANDS, former.QUERIES, *former.INGRESS_QUEUES)
REPLAYED_TO = {queue.name: queue for queue in REPLAYABLE}


def listed(url: str) -> list[str]:
    """Return a line for each letter, oldest first, at most 1,000 lines.

    The letters are back in their queue when it returns, as an operator may take hours to read the lines.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.

    Raises:
        NoAnswer: The broker did not answer.
    """
    listing: list[str] = []
    more = 0
    with connected(url) as connection:
        for message in islice(_fetch(_channel(connection)), MAX_LISTED):
            listing.append(line(from_message(message)))
            more = message.delivery_info["message_count"]
    return [*listing, f"{more} more are not listed"] if more else listing


def shown(url: str, letter_id: str) -> list[str]:
    """Return all of a letter, as lines.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.
        letter_id: The letter's id.

    Raises:
        NoSuchLetter: No letter has this id.
        NoAnswer: The broker did not answer.
    """
    with connected(url) as connection:
        _, letter = next(_chosen(_channel(connection), letter_id))
    return lines(letter)


def dropped(url: str, letter_id: str | None) -> Iterator[str]:
    """Delete letters, and yield a line for each.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.
        letter_id: The id of the letters; None for all letters.

    Raises:
        NoSuchLetter: No letter has this id.
        NoAnswer: The broker did not answer.
    """
    with connected(url) as connection:
        channel = _channel(connection)
        for tag, letter in _chosen(channel, letter_id):
            channel.basic_ack(tag)
            yield f"dropped {line(letter)}"


def replayed(url: str, letter_id: str | None) -> Iterator[str]:
    """Send letters to the queues that they came from, and yield a line for each.

    A letter leaves dead-letters once the broker has confirmed that its queue has it.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.
        letter_id: The id of the letters; None for all letters.

    Raises:
        NoSuchLetter: No letter has this id.
        NotReplayed: Some letters stay in dead-letters; the others have been sent.
        NoAnswer: The broker did not answer.
    """
    stayed: list[str] = []
    # A broker in alarm reads no acknowledgement from a connection that publishes.
    with connected(url) as taking, connected(url) as sending:
        channel, publisher, alarm = _channel(taking), Publisher(sending.channel()), _alarm_of(sending)
        for tag, letter in _chosen(channel, letter_id):
            try:
                _publish(sending, publisher, letter, alarm)
            except NotReplayed as error:
                stayed.append(f"{letter.id} stays: {error}")
                continue
            channel.basic_ack(tag)
            yield f"replayed {line(letter)}"
    if stayed:
        raise NotReplayed("\n".join(stayed))


def _channel(connection: Connection) -> Any:
    channel: Any = connection.channel()
    channel.auto_decode = False
    return channel


def _alarm_of(connection: Connection) -> Event:
    """Return the event that is set when the broker in alarm reads nothing more from a connection."""
    alarm = Event()
    amqp_connection: Any = connection.connection
    amqp_connection.on_blocked = lambda _reason: alarm.set()
    return alarm


def _fetch(channel: Any) -> Iterator[Any]:
    """Yield the messages that are in the queue at the first fetch. A replayed message may come back at once."""
    message = channel.basic_get(topology.DEAD_LETTERS.name)
    left = message.delivery_info["message_count"] if message else 0
    while message:
        time_limit.progress()
        yield message
        message = channel.basic_get(topology.DEAD_LETTERS.name) if left > 0 else None
        left -= 1


def _chosen(channel: Any, letter_id: str | None) -> Iterator[tuple[int, Letter]]:
    """Yield the letters of an id, or all letters, with their delivery tags."""
    found, said_at = False, time.monotonic()
    for number, message in enumerate(_fetch(channel)):
        letter = from_message(message)
        if letter_id in (None, letter.id):
            found = True
            yield message.delivery_tag, letter
        elif time.monotonic() - said_at > SAY_SECONDS:
            said_at = time.monotonic()
            print(f"looking: {number:,} letters so far", file=sys.stderr)
    if letter_id is not None and not found:
        raise NoSuchLetter(
            f"no letter has the id {safe(letter_id)}: "
            f"`chat-admin dead-letters list` prints the ids of the oldest {MAX_LISTED:,} letters"
        )


def _why_not(source: str) -> str:
    if source in (topology.REQUESTS.name, topology.ASKED.name):
        return "is not sent again: its sender has asked again, or waits no longer"
    return "cannot be sent again"


def _publish(connection: Connection, publisher: Publisher, letter: Letter, alarm: Event) -> None:
    queue = REPLAYED_TO.get(letter.source)
    if queue is None:
        raise NotReplayed(f"a message from {safe(letter.source) or 'an unknown queue'} {_why_not(letter.source)}")
    of_session = queue in topology.POSTS_QUEUES
    publisher.publish(
        Publication(
            exchange=queue.exchange.name,
            routing_key=letter.key if of_session else queue.routing_key,
            body=letter.body,
            reply_to=letter.reply_to,
            user_id=topology.OPERATOR_USER if of_session else None,
            headers={"sender": letter.sender} if of_session else {},
        )
    )
    deadline = time.monotonic() + CONFIRM_SECONDS
    while publisher.unconfirmed:
        if alarm.is_set():
            raise in_alarm(f" {letter.id} may be in both queues when the alarm ends.")
        if time.monotonic() > deadline:
            raise NoAnswer(
                f"the broker did not confirm {letter.id} within {CONFIRM_SECONDS} s: it may be in both queues"
            )
        drain(connection, 1)
    if publisher.refused or publisher.returned:
        publisher.refused, publisher.returned = [], []
        raise NotReplayed(f"{queue.name} does not exist or is full: start the services, then try again")
