"""A stand-in for a router: publishes batches to a room's stream, for tests of its readers."""

import time
from contextlib import suppress

from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_wire.codec import encode
from chat_wire.messages import Batch, Post, Run
from testkit.processes import System
from testkit.wait import until


class Speaker:
    """Publishes batches to the lobby.

    Attributes:
        ids: The ids of the posts in the order of the stream, each once.
    """

    def __init__(self, system: System) -> None:
        """Connect to a system's broker as a router."""
        self._connection = connect(system.url("router"), "speaker")
        self._publisher = Publisher(self._connection.channel())
        self._last: dict[str, int] = {}
        self.ids: list[str] = []

    def say(self, session: str, *texts: str, author: str = "a", user: str = "u", at: int | None = None) -> Batch:
        """Publish a batch of one session's next posts.

        Args:
            session: The session that sends them.
            texts: The texts of the posts.
            author: The author's id.
            user: The user's name.
            at: The time that the batch is stamped with, in microseconds; None for now.
        """
        first = self._last.get(session, 0) + 1
        self._last[session] = first + len(texts) - 1
        posts = tuple(Post(sequence=first + i, client_ts=i, text=text) for i, text in enumerate(texts))
        run = Run(session=session, user=user, author=author, posts=posts)
        stamp = time.time_ns() // 1000 if at is None else at
        batch = Batch(room="lobby", router="r", server_ts=stamp, runs=(run,))
        self.ids += [f"{session}-{post.sequence}" for post in posts]
        self.publish(batch)
        return batch

    def publish(self, batch: Batch) -> None:
        """Publish an entry, which may be a repetition."""
        self._publisher.publish(Publication(exchange="chat.rooms", routing_key="lobby", body=encode(batch)))

    def confirmed(self) -> None:
        """Wait until the broker has confirmed everything."""
        until(lambda: self.alive() and not self._publisher.unconfirmed, 30)
        assert not self._publisher.returned

    def alive(self) -> bool:
        """Read from the broker, and keep the connection alive."""
        with suppress(TimeoutError):
            while True:
                self._connection.drain_events(timeout=0.05)
        self._connection.heartbeat_check()
        return True

    def close(self) -> None:
        """Close the connection."""
        self._connection.release()
