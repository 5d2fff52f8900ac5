"""How everyone connects to RabbitMQ, and how what is published is accounted for.

The timeouts are chosen, not inherited: py-amqp gives up on a peer that takes no bytes for 1 s
(TCP_USER_TIMEOUT), and a broker under back-pressure does just that; and it sends no heartbeats unless told.
"""

import random
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from amqp.method_framing import frame_handler
from amqp.spec import Basic
from kombu.connection import Connection

from chat_wire.errors import Unconfirmed

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Something to publish. `mandatory` says that it must reach a queue or come back as returned.

    `waits` says that it must not be published before all that went before it is confirmed: if the broker
    refused an earlier post of a session and took a later one, readers would never take the earlier one.
    """

    exchange: str
    routing_key: str
    body: bytes
    mandatory: bool = True
    waits: bool = False
    reply_to: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)


class Publisher:
    """Publishes on a channel of its own and keeps account of what the broker has not confirmed.

    Confirms are pipelined (https://www.rabbitmq.com/docs/confirms): publish as much as there is, then
    drain the connection until `unconfirmed` is 0. Refused and returned publications are kept in
    `refused` and `returned` for the caller to deal with.
    """

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._tag = 0
        self._waiting: dict[int, Publication] = {}
        self.refused: list[Publication] = []
        self.returned: list[tuple[str, str]] = []
        channel.confirm_select()
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(self._on_nack)
        channel.events["basic_return"].add(self._on_return)

    @property
    def unconfirmed(self) -> int:
        """How many publications the broker has not answered yet."""
        return len(self._waiting)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Have what is published meanwhile leave in few packets, at the end: each costs the broker a wake-up."""
        sock = self._channel.connection.sock
        _cork(sock, True)
        try:
            yield
        finally:
            with suppress(OSError):  # the connection is gone, which whoever uses it next is told
                _cork(sock, False)

    def publish(self, publication: Publication) -> None:
        """Hand a persistent message to the broker; its confirm comes while the connection is drained."""
        message = self._channel.prepare_message(
            publication.body,
            content_type="application/json",
            headers=dict(publication.headers),
            properties={"delivery_mode": 2, "reply_to": publication.reply_to},
        )
        self._tag += 1
        self._waiting[self._tag] = publication
        where = (0, publication.exchange, publication.routing_key, publication.mandatory, False)
        # Not basic_publish(), which looks for what has arrived before each message: callers do that once for many.
        self._channel.send_method(Basic.Publish, "Bssbb", where, message)

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self.refused += self._settle(tag, multiple)

    def _on_return(self, _error: Exception, exchange: str, routing_key: str, _message: Any) -> None:
        self.returned.append((exchange, routing_key))

    def _settle(self, tag: int, multiple: bool) -> list[Publication]:
        if not multiple:
            return [self._waiting.pop(tag)] if tag in self._waiting else []
        settled = [waiting for waiting in self._waiting if waiting <= tag]
        return [self._waiting.pop(each) for each in settled]


def _cork(sock: socket.socket, held: bool) -> None:
    """Hold back what does not fill a packet, or let it go (tcp(7), TCP_CORK: Linux has it)."""
    if sys.platform == "linux":
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, held)
