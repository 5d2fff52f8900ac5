"""Which addresses of direct reply-to are genuine.

A sender may write any text into `reply_to`. RabbitMQ 3 closes the connection that publishes to an address that it has
not made (541, an error of rabbit_direct_reply_to). RabbitMQ 4 drops the message.

An address is `amq.rabbitmq.reply-to.PROCESS.KEY`. PROCESS is, in base64, an Erlang process id in the external format
(https://www.erlang.org/doc/apps/erts/erl_ext_dist#new_pid_ext): a node, and three numbers of 4 bytes.
"""

import base64
import binascii
import re
import struct
import time
from collections.abc import Callable
from typing import Any

from kombu.connection import Connection

from chat_amqp.publisher import Publication, send
from chat_amqp.topology import REPLY_TO
from chat_worker.connections import drain
from chat_worker.listeners import find_listeners

LEARN_SECONDS = 1.0
ASK_SECONDS = 0.5
NUMBERS = struct.Struct(">III")  # id, serial, creation
MAX_ID, MAX_SERIAL = 2**15 - 1, 2**13 - 1
_ADDRESS = re.compile(rf"{re.escape(REPLY_TO)}\.([A-Za-z0-9+/]+={{0,2}})\.[A-Za-z0-9+/]{{22}}==")
_NOWHERE = f"{REPLY_TO} of nobody"  # a queue that does not exist


class ReplyAddresses:
    """Knows the addresses that the nodes of the broker make.

    It learns those of its own node when it connects, and those of another node of a cluster when it first meets one: it
    asks the broker about that address on a connection that may break.
    """

    def __init__(self, connection: Connection, reconnect: Callable[[], Connection]) -> None:
        """Learn from the broker what an address of its node looks like.

        Args:
            connection: An open connection.
            reconnect: Opens another connection.

        Raises:
            OSError: The broker did not answer within a second, or the connection is lost.
        """
        amqp_connection: Any = connection.connection
        version = str(amqp_connection.server_properties.get("version", ""))
        careful = not re.match("[0-3]\\.", version)
        process = None if careful else _process(own_address(connection))
        self._nodes = {process[: -NUMBERS.size]} if process else set()
        self._reconnect = reconnect
        self._ask_at = 0.0

    def is_genuine(self, address: str) -> bool:
        """Return whether it is safe to publish to an address of direct reply-to.

        Args:
            address: An address, as a sender wrote it.
        """
        if not self._nodes:
            return True
        process = _process(address)
        if process is None:
            return False
        number, serial, _creation = NUMBERS.unpack(process[-NUMBERS.size :])
        return bool(number <= MAX_ID and serial <= MAX_SERIAL) and self._is_of_broker(process[: -NUMBERS.size], address)

    def _is_of_broker(self, node: bytes, address: str) -> bool:
        """Return whether a node is one of the broker. Ask about an unknown one, at most twice a second."""
        if node in self._nodes:
            return True
        if time.monotonic() < self._ask_at:
            return False
        self._ask_at = time.monotonic() + ASK_SECONDS
        if find_listeners([address], self._reconnect, ASK_SECONDS).get(address):
            self._nodes.add(node)
        return node in self._nodes


def own_address(connection: Connection) -> str:
    """Return an address of a channel of one's own: the broker writes it into a message that it returns.

    The channel stays open, as closing it would wait. A broker in alarm does not answer.

    Args:
        connection: An open connection.

    Raises:
        OSError: The broker did not answer within a second, or the connection is lost.
    """
    returned: list[Any] = []
    channel: Any = connection.channel()
    channel.events["basic_return"].add(lambda _error, _exchange, _key, message: returned.append(message))
    channel.basic_consume(REPLY_TO, no_ack=True)
    send(channel, Publication(exchange="", routing_key=_NOWHERE, body=b"", reply_to=REPLY_TO))
    limit = time.monotonic() + LEARN_SECONDS
    while not returned:
        if time.monotonic() > limit:
            raise TimeoutError("the broker does not say what its reply addresses look like: is it in alarm?")
        drain(connection, LEARN_SECONDS)
    return str(returned[0].properties["reply_to"])


def _process(address: str) -> bytes | None:
    """Return the process id in an address; None if it has none in the form that the broker writes."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    try:
        process = base64.b64decode(found[1], validate=True)
    except binascii.Error:
        return None
    return process if len(process) > NUMBERS.size and base64.b64encode(process).decode() == found[1] else None
