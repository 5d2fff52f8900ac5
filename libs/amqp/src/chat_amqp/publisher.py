"""Publications, and a publisher that tracks the broker's confirms."""

import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from amqp.spec import Basic


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A message to publish.

    Attributes:
        exchange: The exchange's name; empty for the default exchange.
        routing_key: The routing key.
        body: The body.
        mandatory: Whether the broker returns the message when it reaches no queue.
        after_confirms: Whether to publish it only after the confirms of all earlier publications. If the broker
            refused an earlier post of a session and accepted a later one, readers would drop the earlier one.
        reply_to: The address for the answer.
        user_id: The user of the connection, by which the receiver knows the sender: the broker refuses every other one
            (https://www.rabbitmq.com/docs/validated-user-id). None for none.
        headers: The AMQP headers.
    """

    exchange: str
    routing_key: str
    body: bytes
    mandatory: bool = True
    after_confirms: bool = False
    reply_to: str | None = None
    user_id: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)


class Publisher:
    """Publishes on its own channel and tracks the publications that the broker has not confirmed.

    Confirms are asynchronous (https://www.rabbitmq.com/docs/confirms): publish all messages, then drain the
    connection until `unconfirmed` is 0. The caller handles `refused` and `returned`, and empties them.

    Attributes:
        channel: The channel.
        refused: The publications that the broker refused.
        returned: Exchange and routing key of each mandatory publication that reached no queue.
    """

    def __init__(self, channel: Any) -> None:
        """Switch a channel to publisher confirms.

        Args:
            channel: An open channel that nothing else publishes on.
        """
        self.channel = channel
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
        """The number of publications that the broker has not answered yet."""
        return len(self._waiting)

    @property
    def unconfirmed_bytes(self) -> int:
        """The size of their bodies, in bytes."""
        return sum(len(publication.body) for publication in self._waiting.values())

    def publish(self, publication: Publication) -> None:
        """Send a persistent message to the broker. The confirm arrives while the caller drains the connection.

        Args:
            publication: The message.
        """
        self._tag += 1
        self._waiting[self._tag] = publication
        send(self.channel, publication)

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


@contextmanager
def together(channel: Any) -> Iterator[None]:
    """Send the messages that the caller sends on a channel in this context in few packets.

    Each packet costs the broker a wake-up.
    """
    sock = channel.connection.sock
    _cork(sock, True)
    try:
        yield
    finally:
        with suppress(OSError):  # the connection is lost; its next use fails
            _cork(sock, False)


def send(channel: Any, publication: Publication) -> None:
    """Send a persistent message to the broker on any channel.

    Args:
        channel: An open channel.
        publication: The message.
    """
    properties = {"delivery_mode": 2, "reply_to": publication.reply_to, "user_id": publication.user_id}
    message = channel.prepare_message(
        publication.body,
        content_type="application/json",
        headers=dict(publication.headers),
        properties=properties,
    )
    where = (0, publication.exchange, publication.routing_key, publication.mandatory, False)
    # basic_publish() would read from the socket before each message. Callers read once for many messages.
    channel.send_method(Basic.Publish, "Bssbb", where, message)


def _cork(sock: socket.socket, held: bool) -> None:
    """Hold back partial packets, or send them (TCP_CORK in tcp(7), on Linux only)."""
    if sys.platform == "linux":
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, held)
