"""A member of the chat at the level of the wire, which does the steps of a client one at a time."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

from kombu.entity import Queue
from kombu.messaging import Consumer

from chat_amqp import former
from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_wire.codec import decode, encode
from chat_wire.messages import (
    Batch,
    Claim,
    Exit,
    Exited,
    Granted,
    ListUsers,
    Notice,
    Page,
    Post,
    Posts,
    PostsRefused,
    Probe,
    Refused,
    Released,
    Resume,
    SessionEnded,
    Users,
)
from testkit.wait import until

REPLIES: tuple[Any, ...] = (Granted, Refused, Exited, Users, Released, SessionEnded, Probe, PostsRefused, Page)


class Chatter:
    """A connection with an inbox that sends requests and posts, and collects answers and entries.

    Attributes:
        secret: The author secret.
        connection: The connection to the broker.
        publisher: The publisher with its unconfirmed, refused and returned publications.
        inbox: The inbox, an exclusive queue.
        replies: All messages that arrived in the inbox.
        entries: Offset and content of all entries that arrived from rooms.
        granted: The grant of the current session.
    """

    def __init__(self, url: str, secret: str | None = None) -> None:
        """Connect, and declare and consume the inbox.

        Args:
            url: The AMQP URL of the client's user.
            secret: The author secret; by default, a random one.
        """
        self.secret = secret or secrets.token_hex(32)
        self.connection = connect(url, "chatter")
        self.publisher = Publisher(self.connection.channel())
        self.inbox = former.new_inbox()
        self.replies: list[Any] = []
        self.entries: list[tuple[int, Batch | Notice]] = []
        self.granted: Granted | None = None
        self._sequence = 0
        channel: Any = self.connection.channel()
        self.inbox(channel).declare()
        self._consume(channel, Queue(self.inbox.name, no_declare=True), self._on_reply)

    def close(self) -> None:
        """Close the connection, and with it the inbox."""
        self.connection.release()

    def request(self, message: Any, exchange: str = "chat.registry", key: str = "registry.commands") -> Any:
        """Publish a request, wait for its answer, and return it."""
        self.publish(exchange, key, encode(message))
        return self.answer(message.request)

    def publish(self, exchange: str, key: str, body: bytes) -> None:
        """Publish a body with the inbox as `reply_to`."""
        self.publisher.publish(Publication(exchange=exchange, routing_key=key, body=body, reply_to=self.inbox.name))

    def answer(self, request: str | None, seconds: float = 15) -> Any:
        """Wait for the answer to a request, and return it."""

        def found() -> Any:
            return next((reply for reply in self.replies if getattr(reply, "request", "-") == request), None)

        return self.hear(found, seconds)

    def claim(self, name: str, *, quiet: bool = False) -> Any:
        """Claim a name, and return the answer; a granted session becomes the current one."""
        answer = self.request(Claim(request=new_request(), name=name, secret=self.secret, quiet=quiet))
        if isinstance(answer, Granted):
            self.granted, self._sequence = answer, 0
        return answer

    def resume(self) -> Any:
        """Resume the session with this inbox, and return the answer."""
        return self.request(Resume(request=new_request(), token=self.token))

    def exit(self) -> Any:
        """End the session, and return the answer."""
        return self.request(Exit(request=new_request(), token=self.token))

    def users(self) -> Users:
        """Ask for the members, and return the answer."""
        after = self.granted.offset if self.granted else 0
        answer = self.request(ListUsers(request=new_request(), token=self.token, after=after))
        assert isinstance(answer, Users), answer
        return answer

    @property
    def token(self) -> str:
        """The token of the session."""
        assert self.granted
        return self.granted.token

    def post(self, *texts: str, room: str = "lobby") -> list[str]:
        """Publish texts in one message without waiting for confirms, and return the ids of the posts."""
        assert self.granted
        first = self._sequence + 1
        self._sequence += len(texts)
        now = time.time_ns() // 1000
        posts = tuple(Post(sequence=first + i, client_ts=now, text=text) for i, text in enumerate(texts))
        body = encode(Posts(token=self.token, room=room, posts=posts))
        self.publish("chat.ingress", str(self.granted.partition), body)
        return [f"{self.granted.session}-{post.sequence}" for post in posts]

    def confirmed(self) -> None:
        """Wait until the broker has confirmed all publications."""
        self.hear(lambda: not self.publisher.unconfirmed)

    def join(self, room: str = "lobby", offset: int | str = "first") -> None:
        """Consume the stream of a room from an offset on."""
        channel: Any = self.connection.channel()
        channel.basic_qos(0, 1000, False)
        queue = Queue(f"room.{room}", no_declare=True, consumer_arguments={"x-stream-offset": offset})
        self._consume(channel, queue, self._on_entry)

    def hear(self, condition: Any, seconds: float = 15) -> Any:
        """Process arriving messages until a condition holds, and return its value."""

        def drained() -> Any:
            self.drain()
            return condition()

        return until(drained, seconds)

    def drain(self) -> None:
        """Process all messages that have arrived."""
        try:
            while True:
                self.connection.drain_events(timeout=0)
        except TimeoutError:
            self.connection.heartbeat_check()

    def ids(self) -> list[str]:
        """Return the ids of the posts that arrived, in order and with repetitions."""
        return [post_id for post_id, _ in self.heard()]

    def heard(self) -> Iterator[tuple[str, str]]:
        """Yield id and text of each post that arrived."""
        for _, entry in self.entries:
            if isinstance(entry, Batch):
                for run in entry.runs:
                    for post in run.posts:
                        yield f"{run.session}-{post.sequence}", post.text

    def notices(self) -> list[tuple[str, str]]:
        """Return kind and user of each notice that arrived."""
        return [(entry.kind, entry.user) for _, entry in self.entries if isinstance(entry, Notice)]

    def _consume(self, channel: Any, queue: Queue, on_message: Any) -> None:
        channel.auto_decode = False
        Consumer(channel, [queue], auto_declare=False, on_message=on_message).consume()

    def _on_reply(self, message: Any) -> None:
        message.ack()
        self.replies.append(decode(message.body, *REPLIES))

    def _on_entry(self, message: Any) -> None:
        message.ack()
        entry: Any = decode(message.body, Batch, Notice)
        self.entries.append((message.headers["x-stream-offset"], entry))


def new_request() -> str:
    """Return a new request id."""
    return secrets.token_hex(8)
