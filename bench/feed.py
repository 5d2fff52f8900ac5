"""Publishing to streams before a measurement."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice

from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_wire.codec import encode
from chat_wire.messages import Batch, Post, Run

AT_ONCE = 500
SESSIONS = 20


def feed(url: str, exchange: str, routing_key: str, bodies: Iterable[bytes]) -> None:
    """Publish bodies, and wait until the broker has confirmed all of them."""
    left = iter(bodies)
    with connect(url, "feed") as connection:
        publisher = Publisher(connection.channel())
        while bodies := list(islice(left, AT_ONCE)):
            for body in bodies:
                publisher.publish(Publication(exchange=exchange, routing_key=routing_key, body=body))
            while publisher.unconfirmed:
                connection.drain_events(timeout=30)
        assert not publisher.returned
        assert not publisher.refused


def batches(posts: int, size: int) -> Iterator[bytes]:
    """Yield entries of the lobby's stream, from several sessions in turn.

    Args:
        posts: The number of posts in all entries, each of 60 characters.
        size: The number of posts in an entry.
    """
    for number in range(posts // size):
        now = time.time_ns() // 1000
        session, before = number % SESSIONS, number // SESSIONS * size
        yield encode(
            Batch(
                room="lobby",
                router="bench",
                server_ts=now,
                runs=(
                    Run(
                        session=f"{session:032}",
                        user=f"user{session}",
                        author=f"{session:064}",
                        posts=_posts(before, size, now),
                    ),
                ),
            )
        )


def _posts(before: int, size: int, now: int) -> tuple[Post, ...]:
    return tuple(
        Post(sequence=sequence, client_ts=now, text=f"{sequence:060}")
        for sequence in range(before + 1, before + 1 + size)
    )
