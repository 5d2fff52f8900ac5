"""Connections to RabbitMQ, with timeouts chosen on purpose.

By default py-amqp drops a peer that accepts no bytes for 1 s (TCP_USER_TIMEOUT), as a broker under back-pressure does,
and sends no heartbeats.
"""

import random
import socket
import struct
from collections.abc import Callable
from typing import Any

from amqp.method_framing import frame_handler
from kombu.connection import Connection

from chat_amqp.errors import Unconfirmed

HEARTBEAT_SECONDS = 10
CONNECT_SECONDS = 5
STALLED_SECONDS = 30

HEADER_FRAME = 2
NO_PROPERTIES = b"\0\0"
UNREADABLE = (ValueError, OSError, OverflowError, RecursionError, struct.error)

Frame = tuple[int, int, bytes]


def connect(url: str, name: str) -> Connection:
    """An open connection; the nodes of a broker go into `url` separated by `;`. `name` is what operators see.

    They are tried in random order: so connections spread over the nodes, and who is let down by a node that
    answers but is cut off from the others comes to another. Raises one of `recoverable_errors` when none
    answers within 5 s.
    """
    urls = url.split(";")
    connection = Connection(
        random.sample(urls, len(urls)),
        heartbeat=HEARTBEAT_SECONDS,
        connect_timeout=CONNECT_SECONDS,
        transport_options={
            "client_properties": {"connection_name": name},
            "frame_handler": _frame_handler,
            "read_timeout": STALLED_SECONDS,
            "write_timeout": STALLED_SECONDS,
            "socket_settings": {socket.TCP_USER_TIMEOUT: STALLED_SECONDS * 1000},
        },
    )
    # Not connect(), which tries twice and sleeps between: each node is tried once, when to try again is the caller's.
    others = len(urls) - 1
    connection.ensure_connection(max_retries=others, interval_start=0, interval_step=0, reraise_as_library_errors=False)
    return connection


def _frame_handler(connection: Any, callback: Any) -> Callable[[Frame], bool]:
    """py-amqp's, but properties that it cannot read are taken for none.

    They are as the sender wrote them: a reply_to that is no UTF-8, a time beyond all years, tables in tables by the
    thousand. The broker passes that on, and who reads it next must not die of it.
    """
    read = frame_handler(connection, callback)

    def read_frame(frame: Frame) -> bool:
        try:
            return bool(read(frame))
        except UNREADABLE:
            kind, channel, payload = frame
            if kind != HEADER_FRAME:
                raise
            return bool(read((kind, channel, payload[:12] + NO_PROPERTIES)))  # class, weight, size: AMQP 0-9-1, 4.2.6.1

    return read_frame


def recoverable_errors() -> tuple[type[Exception], ...]:
    """What can happen to a connection or channel, and is answered by connecting anew."""
    probe = Connection("amqp://")
    return (*probe.connection_errors, *probe.channel_errors, Unconfirmed)
