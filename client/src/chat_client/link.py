"""One connection to RabbitMQ, as the client uses it: an inbox, a room's stream, and a way to publish.

What arrives is only laid down, in lists; who uses the link takes the lists away whole. A publish may
itself receive, so nothing is handled while something arrives.
"""

import select
import selectors
import socket
from typing import Any

from kombu.connection import Connection

from chat_amqp import topology
from chat_amqp.publisher import Publication, Publisher

ROOM_PREFETCH = 500
GATHER_SECONDS = 0.01

Delivery = tuple[int, bytes]


class Link:
    """What the client has on an open connection. Raises recoverable_errors() wherever it is used."""

    def __init__(self, connection: Connection, wake: socket.socket) -> None:
        self._connection = connection
        self._publisher = Publisher(connection.channel())
        self._replies: list[Any] = []
        self._entries: list[Any] = []
        self._room: Any = None
        self.room_gone = False
        self.blocked = False
        self._watch_alarms()
        self._wake = wake
        self._took_entries = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._amqp.sock, selectors.EVENT_READ)
        self._selector.register(wake, selectors.EVENT_READ)
        self._inbox = topology.new_inbox()
        self._consume_inbox()

    @property
    def unconfirmed(self) -> int:
        """How many publications the broker has not answered."""
        return self._publisher.unconfirmed

    def publish(self, exchange: str, routing_key: str, body: bytes) -> None:
        """Publish something that must reach a queue, and is answered in the inbox."""
        self._publisher.publish(
            Publication(exchange=exchange, routing_key=routing_key, body=body, reply_to=self._inbox.name)
        )

    def take_bounced(self) -> set[str]:
        """The exchanges at which something reached no queue, or was refused by the broker."""
        returned, self._publisher.returned = self._publisher.returned, []
        refused, self._publisher.refused = self._publisher.refused, []
        return {exchange for exchange, _ in returned} | {publication.exchange for publication in refused}

    def attach(self, room: str, offset: int | str) -> None:
        """Read a room's stream from `offset` on, instead of from wherever it was read."""
        if self._room is not None:
            self._room.close()
        self.room_gone = False
        self._entries = []
        self._room = self._channel()
        self._room.basic_qos(0, ROOM_PREFETCH, False)
        self._room.basic_consume(
            topology.room(room).name,
            callback=self._entries.append,
            arguments={"x-stream-offset": offset},
            on_cancel=self._on_room_gone,
        )

    def wait(self, seconds: float) -> None:
        """Wait until something arrives, the wake socket is written to, or the time is over."""
        if not (self._replies or self._entries):
            self._selector.select(max(0.0, seconds))

    def gather(self) -> None:
        """After entries of the room, let more of them arrive, unless the wake socket is written to.

        Ten that are taken in together cost little more than one. Not while a confirm is waited for: posts follow it.
        """
        if self._took_entries and not self.unconfirmed:
            select.select([self._wake], [], [], GATHER_SECONDS)

    def drain(self) -> None:
        """Take in all that has arrived, and give the heartbeats their turn."""
        try:
            while True:
                self._connection.drain_events(timeout=0)
        except TimeoutError:
            self._connection.heartbeat_check()

    def take_replies(self) -> list[bytes]:
        """The messages that came into the inbox."""
        taken, self._replies[:] = self._replies[:], []
        return [message.body for message in taken]

    def take_entries(self) -> list[Delivery]:
        """The entries that came from the room's stream, each with its offset; they are acked."""
        taken, self._entries[:] = self._entries[:], []
        self._took_entries = bool(taken)
        if taken:
            self._room.basic_ack(taken[-1].delivery_tag, multiple=True)
        return [(message.headers["x-stream-offset"], message.body) for message in taken]

    def close(self) -> None:
        """Forget the connection's socket, before the connection is closed."""
        self._selector.close()

    @property
    def _amqp(self) -> Any:
        return self._connection.connection

    def _channel(self) -> Any:
        channel: Any = self._connection.channel()
        channel.auto_decode = False
        return channel

    def _consume_inbox(self) -> None:
        channel = self._channel()
        self._inbox(channel).declare()
        channel.basic_consume(self._inbox.name, no_ack=True, callback=self._replies.append)

    def _watch_alarms(self) -> None:
        self._amqp.on_blocked = self._on_blocked
        self._amqp.on_unblocked = self._on_unblocked

    def _on_blocked(self, _reason: str) -> None:
        self.blocked = True

    def _on_unblocked(self) -> None:
        self.blocked = False

    def _on_room_gone(self, _consumer_tag: str) -> None:
        self.room_gone = True
