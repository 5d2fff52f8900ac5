"""One connection to RabbitMQ, as the client uses it: a way to publish and be answered, and a room's stream.

The link only collects deliveries in lists, which its user empties. Callbacks must not handle deliveries, because
py-amqp may call them during any publish, when the user of the link is in the middle of something else.
"""

import select
import selectors
import socket
from collections.abc import Mapping
from typing import Any

from kombu.connection import Connection

from chat_amqp import renewal, topology
from chat_amqp.publisher import Publication, Publisher
from chat_client.member_link import NO_HEADERS, RoomEntry

ROOM_PREFETCH = 500
GATHER_SECONDS = 0.01


class Link:
    """The client's channels on an open connection. Each method may raise an error of `recoverable_errors`.

    Attributes:
        session: The session that is the user of the connection; None at the entrance.
        room_gone: Whether the broker deleted the room's stream.
        blocked: Whether the broker accepts no messages, being out of memory or disk space.
    """

    def __init__(self, connection: Connection, wake: socket.socket, session: str | None) -> None:
        """Open a channel to publish and to be answered.

        Args:
            connection: The open connection.
            wake: Ends a wait when it can be read.
            session: The session that is the user of the connection; None at the entrance.
        """
        self.session = session
        self._connection = connection
        channel = self._channel()
        self._publisher = Publisher(channel)
        self._replies: list[Any] = []
        self._entries: list[Any] = []
        self._room: Any = None
        self.room_gone = False
        self.blocked = False
        self._watch_alarms()
        self._wake = wake
        self._had_entries = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._amqp.sock, selectors.EVENT_READ)
        self._selector.register(wake, selectors.EVENT_READ)
        # The broker sends answers to the channel that publishes the requests (https://www.rabbitmq.com/docs/direct-reply-to).
        # It handles methods in their order, so the consumer is there before the first request.
        channel.basic_consume(
            topology.REPLY_TO, consumer_tag="answers", no_ack=True, nowait=True, callback=self._replies.append
        )

    @property
    def unconfirmed(self) -> int:
        """How many publications the broker has not confirmed."""
        return self._publisher.unconfirmed

    def publish(self, exchange: str, routing_key: str, body: bytes, headers: Mapping[str, Any] = NO_HEADERS) -> None:
        """Publish a message that must reach a queue, and says where to answer it."""
        self._publisher.publish(
            Publication(
                exchange=exchange,
                routing_key=routing_key,
                body=body,
                reply_to=topology.REPLY_TO,
                user_id=self.session,
                headers=headers,
            )
        )

    def renew(self, token: str) -> None:
        """Replace the token of the connection."""
        renewal.renew(self._connection, token)

    def pop_returned(self) -> set[str]:
        """Return the exchanges at which the broker returned or refused a message since the last call."""
        returned, self._publisher.returned = self._publisher.returned, []
        refused, self._publisher.refused = self._publisher.refused, []
        return {exchange for exchange, _ in returned} | {publication.exchange for publication in refused}

    def attach(self, room: str, offset: int | str) -> None:
        """Read a room's stream from an offset: a number, "first" or "last"."""
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
        """Wait until something arrives, the wake socket can be read, or the time is over."""
        if not (self._replies or self._entries):
            self._selector.select(max(0.0, seconds))

    def gather(self) -> None:
        """Wait for more entries of the room after some have come, unless the wake socket can be read.

        Ten entries together cost little more than one. Do not wait while a confirm is pending: the next posts wait for
        it.
        """
        if self._had_entries and not self.unconfirmed:
            select.select([self._wake], [], [], GATHER_SECONDS)

    def drain(self) -> None:
        """Receive everything that has arrived, and send heartbeats."""
        try:
            while True:
                self._connection.drain_events(timeout=0)
        except TimeoutError:
            self._connection.heartbeat_check()

    def pop_replies(self) -> list[bytes]:
        """Return the answers that have arrived since the last call."""
        replies, self._replies[:] = self._replies[:], []
        return [message.body for message in replies]

    def pop_entries(self) -> list[RoomEntry]:
        """Acknowledge and return the entries of the room that have arrived since the last call."""
        entries, self._entries[:] = self._entries[:], []
        self._had_entries = bool(entries)
        if entries:
            self._room.basic_ack(entries[-1].delivery_tag, multiple=True)
        return [(message.headers["x-stream-offset"], message.body) for message in entries]

    def close(self) -> None:
        """Stop watching the connection's socket. Call this before closing the connection."""
        self._selector.close()

    @property
    def _amqp(self) -> Any:
        return self._connection.connection

    def _channel(self) -> Any:
        channel: Any = self._connection.channel()
        channel.auto_decode = False
        return channel

    def _watch_alarms(self) -> None:
        self._amqp.on_blocked = self._on_blocked
        self._amqp.on_unblocked = self._on_unblocked

    def _on_blocked(self, _reason: str) -> None:
        self.blocked = True

    def _on_unblocked(self) -> None:
        self.blocked = False

    def _on_room_gone(self, _consumer_tag: str) -> None:
        self.room_gone = True
