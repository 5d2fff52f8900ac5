"""Senders that follow the client's rules: at most one unconfirmed message, of at most 64 posts."""

import selectors
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from chat_amqp import topology
from chat_wire.codec import encode
from chat_wire.limits import MAX_POSTS
from chat_wire.messages import Granted, Post, Posts
from testkit.chatter import Chatter

STALLED_SECONDS = 30


class Sender:
    """Writes posts, and publishes them as soon as the previous message is confirmed."""

    def __init__(self, chatter: Chatter, grant: Granted, to: tuple[str, str] | None = None) -> None:
        """Create a sender.

        Args:
            chatter: The connection.
            grant: The session.
            to: The exchange and routing key of a baseline; by default, those of the chat.
        """
        self._chatter = chatter
        self.grant = grant
        self._to = to or (topology.POSTS.name, topology.posts_key(grant.partition, "lobby"))
        self._written: deque[Post] = deque()
        self._count = 0

    @property
    def busy(self) -> bool:
        """Whether any written post is not confirmed yet."""
        return bool(self._written or self._chatter.publisher.unconfirmed)

    def write(self, posts: int = 1) -> None:
        """Write posts of 60 characters, now."""
        now = time.time_ns() // 1000
        for _ in range(posts):
            self._count += 1
            self._written.append(Post(sequence=self._count, client_ts=now, text=f"{self._count:060}"))

    def step(self) -> None:
        """Process arrived events, and publish the next message if the previous one is confirmed."""
        self._chatter.drain()
        publisher = self._chatter.publisher
        wrong = publisher.returned or publisher.refused or self._chatter.replies
        assert not wrong, f"the broker or a router refused posts: {wrong}"
        if self._written and not publisher.unconfirmed:
            posts = tuple(self._written.popleft() for _ in range(min(MAX_POSTS, len(self._written))))
            self._chatter.publish(*self._to, encode(Posts(card=self.grant.card, posts=posts)))

    def fileno(self) -> int:
        """Return the file descriptor of the socket, for selectors."""
        connection: Any = self._chatter.connection.connection
        return int(connection.sock.fileno())


@contextmanager
def joined(url: str, names: Iterable[str]) -> Iterator[list[Sender]]:
    """Connect senders that hold these names."""
    with ExitStack() as ending:
        senders = []
        for name in names:
            chatter = ending.enter_context(closing(Chatter(url)))
            answer = chatter.claim(name)
            assert chatter.granted, f"{name} was not granted: {answer}"
            chatter.replies.clear()
            senders.append(Sender(chatter, chatter.granted))
        yield senders


def send_all(senders: Sequence[Sender]) -> None:
    """Publish all written posts, each sender as fast as the rules allow."""
    with selectors.DefaultSelector() as selector:
        for sender in senders:
            selector.register(sender, selectors.EVENT_READ, sender)
            sender.step()
        while any(sender.busy for sender in senders):
            ready = selector.select(STALLED_SECONDS)
            assert ready, f"the broker has confirmed nothing for {STALLED_SECONDS} s"
            for key, _ in ready:
                key.data.step()


def send_evenly(sender: Sender, posts: int, per_second: float) -> None:
    """Write posts at an even pace, and publish each as soon as the rules allow.

    Args:
        sender: The sender.
        posts: The number of posts.
        per_second: The posts per second; late confirms do not slow the writing.
    """
    begun, written = time.monotonic(), 0
    with selectors.DefaultSelector() as selector:
        selector.register(sender, selectors.EVENT_READ, sender)
        while written < posts or sender.busy:
            due = begun + written / per_second
            if written < posts and time.monotonic() >= due:
                sender.write()
                written += 1
            else:
                selector.select(max(0.0, due - time.monotonic()) if written < posts else 1)
            sender.step()
