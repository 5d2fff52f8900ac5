"""A connection to the broker with an address for answers."""

from typing import Any

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_wire.codec import decode
from chat_wire.messages import (
    Exited,
    Granted,
    Page,
    PostsRefused,
    Probe,
    Refused,
    Released,
    SessionEnded,
    Users,
)

REPLIES: tuple[Any, ...] = (Granted, Refused, Exited, Users, Released, SessionEnded, Probe, PostsRefused, Page)


class Line:
    """A connection, and a channel of it to publish on and to be answered on.

    Attributes:
        connection: The connection to the broker.
        publisher: The publisher with its unconfirmed, refused and returned publications.
        reply_to: The address for answers.
    """

    def __init__(self, url: str, replies: list[Any], user_id: str | None = None) -> None:
        """Connect, and consume the answers.

        Args:
            url: The AMQP URL.
            replies: Receives the answers.
            user_id: The user of the connection, for the messages; None for none.
        """
        self.connection = connect(url, "chatter")
        self._channel: Any = self.connection.channel()
        self._channel.auto_decode = False
        self.publisher = Publisher(self._channel)
        self._replies = replies
        self._user_id = user_id
        self.reply_to = self.consume_answers(self._channel)

    def consume_answers(self, channel: Any) -> str:
        """Consume the answers, and return the address for them."""
        channel.basic_consume(topology.REPLY_TO, no_ack=True, callback=self.on_answer)
        return topology.REPLY_TO

    def on_answer(self, message: Any) -> None:
        """Note an answer."""
        self._replies.append(decode(message.body, *REPLIES))

    def stop_listening(self) -> None:
        """Close the channel of the answers. The connection stays open."""
        self._channel.close()

    def publish(self, exchange: str, key: str, body: bytes) -> None:
        """Publish a body with the address for answers."""
        self.publisher.publish(
            Publication(exchange=exchange, routing_key=key, body=body, reply_to=self.reply_to, user_id=self._user_id)
        )

    def drain(self) -> None:
        """Process all messages that have arrived."""
        try:
            while True:
                self.connection.drain_events(timeout=0)
        except TimeoutError:
            self.connection.heartbeat_check()
