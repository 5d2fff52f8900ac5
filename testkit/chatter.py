"""A member of the chat at the level of the wire, which does the steps of a client one at a time."""

import secrets
import time
from collections.abc import Iterator
from typing import Any

from kombu.entity import Queue
from kombu.messaging import Consumer

from chat_amqp import renewal, topology
from chat_amqp.connection import with_login
from chat_wire.codec import decode, encode
from chat_wire.messages import (
    Batch,
    Claim,
    Exit,
    Granted,
    ListUsers,
    Mine,
    Notice,
    Post,
    Posts,
    Renew,
    Resume,
    Users,
)
from testkit.line import Line
from testkit.wait import until

OF_ENTRANCE = (Claim, Resume)


class Chatter:
    """A member that sends requests and posts, and collects answers and entries.

    It claims a name through the entrance, and does everything else on the connection of its session.

    Attributes:
        secret: The author secret.
        replies: All messages that arrived at its address.
        entries: Offset and content of all entries that arrived from rooms.
        granted: The grant of the current session.
    """

    def __init__(self, url: str, secret: str | None = None) -> None:
        """Make a member that is not connected. It connects when it has something to say.

        Args:
            url: The AMQP URL of the entrance.
            secret: The author secret; by default, a random one.
        """
        self.secret = secret or secrets.token_hex(32)
        self.replies: list[Any] = []
        self.entries: list[tuple[int, Batch | Notice]] = []
        self.granted: Granted | None = None
        self._url = url
        self._entrance: Line | None = None
        self._own: Line | None = None
        self._sequence = 0

    @property
    def entrance(self) -> Line:
        """The connection of the entrance."""
        if self._entrance is None:
            self._entrance = Line(self._url, self.replies)
        return self._entrance

    @property
    def line(self) -> Line:
        """The connection of the session; without a session, that of the entrance."""
        return self._own or self.entrance

    @property
    def connection(self) -> Any:
        """The connection to the broker."""
        return self.line.connection

    @property
    def publisher(self) -> Any:
        """The publisher with its unconfirmed, refused and returned publications."""
        return self.line.publisher

    @property
    def token(self) -> str:
        """The token of the session."""
        assert self.granted
        return self.granted.token

    @property
    def card(self) -> str:
        """The identity card of the session."""
        assert self.granted
        return self.granted.card

    def close(self) -> None:
        """Close the connections."""
        for line in self._lines():
            line.connection.release()
        self._entrance = self._own = None

    def request(self, message: Any, exchange: str = topology.MEMBERS.name, key: str = "") -> Any:
        """Publish a request, wait for its answer, and return it. A claim and a resume go to the entrance."""
        if isinstance(message, OF_ENTRANCE):
            self.entrance.publish(topology.ENTRANCE.name, "", encode(message))
        else:
            self.publish(exchange, key, encode(message))
        return self.answer(message.request)

    def ask(self, question: Any, room: str = "lobby") -> Any:
        """Ask the archive, wait for its answer, and return it."""
        key = topology.MINE_KEY if isinstance(question, Mine) else topology.question_key(room)
        return self.request(question, topology.QUESTIONS.name, key)

    def publish(self, exchange: str, key: str, body: bytes) -> None:
        """Publish a body on the connection of the session, with the address for answers."""
        self.line.publish(exchange, key, body)

    def answer(self, request: str | None, seconds: float = 15) -> Any:
        """Wait for the answer to a request, and return it."""

        def found() -> Any:
            return next((reply for reply in self.replies if getattr(reply, "request", "-") == request), None)

        return self.hear(found, seconds)

    def claim(self, name: str, *, quiet: bool = False) -> Any:
        """Claim a name, and return the answer; a granted session becomes the current one, and connects."""
        answer = self.request(Claim(request=new_request(), name=name, secret=self.secret, quiet=quiet))
        if isinstance(answer, Granted):
            self.granted, self._sequence = answer, 0
            self.enter()
            self.renew()
        return answer

    def enter(self) -> None:
        """Connect as the session, after closing its connection if there is one."""
        assert self.granted
        self.leave_broker()
        url = with_login(self._url, self.granted.session, self.granted.token)
        self._own = Line(url, self.replies, user_id=self.granted.session)

    def leave_entrance(self) -> None:
        """Close the connection of the entrance, if there is one."""
        if self._entrance:
            self._entrance.connection.release()
        self._entrance = None

    def leave_broker(self) -> None:
        """Close the connection of the session, without leaving the chat."""
        if self._own:
            self._own.connection.release()
        self._own = None

    def renew(self) -> Any:
        """Tell the registry that the session is connected; put the new token on the connection, and return it."""
        answer = self.request(Renew(request=new_request()))
        if isinstance(answer, Granted):
            self.granted = answer
            renewal.renew(self.connection, answer.token)
        return answer

    def resume(self) -> Any:
        """Resume the session through the entrance, connect as the session, and return the answer."""
        assert self.granted
        answer = self.request(Resume(request=new_request(), session=self.granted.session, secret=self.secret))
        if isinstance(answer, Granted):
            self.granted = answer
            self.enter()
            self.renew()
        return answer

    def exit(self) -> Any:
        """End the session, and return the answer."""
        return self.request(Exit(request=new_request()))

    def users(self) -> Users:
        """Ask for the members, and return the answer."""
        after = self.granted.offset if self.granted else 0
        answer = self.request(ListUsers(request=new_request(), after=after))
        assert isinstance(answer, Users), answer
        return answer

    def post(self, *texts: str, room: str = "lobby") -> list[str]:
        """Publish texts in one message without waiting for confirms, and return the ids of the posts."""
        assert self.granted
        first = self._sequence + 1
        self._sequence += len(texts)
        now = time.time_ns() // 1000
        posts = tuple(Post(sequence=first + i, client_ts=now, text=text) for i, text in enumerate(texts))
        self.send(posts, room)
        return [f"{self.granted.session}-{post.sequence}" for post in posts]

    def send(self, posts: tuple[Post, ...], room: str = "lobby") -> None:
        """Publish posts, which may have any sequences, in one message."""
        assert self.granted
        key = topology.posts_key(self.granted.partition, room)
        self.publish(topology.POSTS.name, key, encode(Posts(card=self.card, posts=posts)))

    def confirmed(self) -> None:
        """Wait until the broker has confirmed all publications."""
        self.hear(lambda: not self.publisher.unconfirmed)

    def join(self, room: str = "lobby", offset: int | str = "first") -> None:
        """Consume the stream of a room from an offset on."""
        channel: Any = self.connection.channel()
        channel.basic_qos(0, 1000, False)
        channel.auto_decode = False
        queue = Queue(f"room.{room}", no_declare=True, consumer_arguments={"x-stream-offset": offset})
        Consumer(channel, [queue], auto_declare=False, on_message=self._on_entry).consume()

    def hear(self, condition: Any, seconds: float = 15) -> Any:
        """Process arriving messages until a condition holds, and return its value."""

        def drained() -> Any:
            self.drain()
            return condition()

        return until(drained, seconds)

    def drain(self) -> None:
        """Process all messages that have arrived."""
        for line in self._lines():
            line.drain()

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

    def _lines(self) -> list[Line]:
        return [line for line in (self._entrance, self._own) if line]

    def _on_entry(self, message: Any) -> None:
        message.ack()
        entry: Any = decode(message.body, Batch, Notice)
        self.entries.append((message.headers["x-stream-offset"], entry))


def new_request() -> str:
    """Return a new request id."""
    return secrets.token_hex(8)
