"""Ask the broker at which addresses of direct reply-to a client listens.

A passive declaration answers that (https://www.rabbitmq.com/docs/direct-reply-to). The broker closes the channel if
nobody listens, and RabbitMQ 3 the connection if it has not made the address. So each look has a connection of its own.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from amqp.exceptions import NotFound
from kombu.connection import Connection

from chat_amqp.connection import recoverable_errors

ANSWER_SECONDS = 1.0  # a node that is cut off from the one of the address answers after 7 s


def find_listeners(addresses: list[str], reconnect: Callable[[], Connection], seconds: float) -> dict[str, bool]:
    """Return for addresses whether a client listens there. An address about which the broker says nothing is missing.

    Args:
        addresses: The addresses. The function takes from the end of the list those that it asks about.
        reconnect: Opens a connection.
        seconds: When to stop taking addresses. The broker may need a second more.
    """
    found: dict[str, bool] = {}
    limit, left = time.monotonic() + seconds, len(addresses) + 1
    while 0 < len(addresses) < left:
        left = len(addresses)
        with suppress(*recoverable_errors(), OSError), reconnect() as connection:
            _ask(connection, addresses, found, limit)
        if time.monotonic() >= limit:
            break
    return found


def _ask(connection: Connection, addresses: list[str], found: dict[str, bool], limit: float) -> None:
    """Ask on one connection, until the time ends or the broker closes it."""
    amqp_connection: Any = connection.connection
    amqp_connection.transport.sock.settimeout(ANSWER_SECONDS)
    channel = connection.channel()
    while addresses and time.monotonic() < limit:
        address = addresses.pop()
        try:
            channel.queue_declare(address, passive=True)
            found[address] = True
        except NotFound:
            found[address] = False
            channel = connection.channel()
