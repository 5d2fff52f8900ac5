"""Publications, and the pipelined confirms of the broker that account for them."""

import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from amqp.spec import Basic


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
    after_confirms: bool = False
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
