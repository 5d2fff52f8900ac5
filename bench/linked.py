"""A connection with an address for answers, for scenarios that send a request and wait for its answer."""

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from kombu.connection import Connection

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_client.link import ROOM_PREFETCH

ANSWER_SECONDS = 30

T = TypeVar("T")


class Link:
    """Collects what arrives on a connection: answers, and entries of a room."""

    def __init__(self, connection: Connection, user_id: str | None = None) -> None:
        """Consume the answers.

        Args:
            connection: The open connection.
            user_id: The user of the connection, for the messages; None for none.
        """
        self._connection = connection
        self._user_id = user_id
        self._replies: list[Any] = []
        self._entries: list[Any] = []
        self._room: Any = None
        channel = self._channel()
        self._publisher = Publisher(channel)
        channel.basic_consume(topology.REPLY_TO, no_ack=True, callback=self._replies.append)

    def publish(self, exchange: str, routing_key: str, body: bytes) -> None:
        """Publish a message that must reach a queue, with the address for answers."""
        self._publisher.publish(
            Publication(
                exchange=exchange,
                routing_key=routing_key,
                body=body,
                reply_to=topology.REPLY_TO,
                user_id=self._user_id,
            )
        )

    def pop_returned(self) -> list[Any]:
        """Return what the broker has returned or refused since the last call."""
        failed = [*self._publisher.returned, *self._publisher.refused]
        self._publisher.returned, self._publisher.refused = [], []
        return failed

    def attach(self, room: str) -> None:
        """Read a room's stream from the next entry on."""
        self._room = self._channel()
        self._room.basic_qos(0, ROOM_PREFETCH, False)
        self._room.basic_consume(
            topology.room(room).name, callback=self._entries.append, arguments={"x-stream-offset": "next"}
        )

    def wait(self, seconds: float) -> None:
        """Wait until something arrives, or the time is over."""
        if not (self._replies or self._entries):
            connection: Any = self._connection.connection
            select.select([connection.sock], [], [], seconds)

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

    def pop_entries(self) -> list[bytes]:
        """Acknowledge and return the entries of the room that have arrived since the last call."""
        entries, self._entries[:] = self._entries[:], []
        if entries:
            self._room.basic_ack(entries[-1].delivery_tag, multiple=True)
        return [message.body for message in entries]

    def _channel(self) -> Any:
        channel: Any = self._connection.channel()
        channel.auto_decode = False
        return channel


@contextmanager
def linked(url: str, user_id: str | None = None) -> Iterator[Link]:
    """Connect, and yield the link.

    Args:
        url: The AMQP URL.
        user_id: The session whose login the URL has; None for a user with a password.
    """
    with connect(url, "bench") as connection:
        yield Link(connection, user_id)


def arrival(link: Link, find: Callable[[], T]) -> T:
    """Return the first truthy result of `find`; raises AssertionError when there is none within 30 s."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not (found := find()):
        assert time.monotonic() < deadline, f"no answer within {ANSWER_SECONDS} s"
        link.wait(1)
        link.drain()
    return found
