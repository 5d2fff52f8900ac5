"""One client's connection, for what asks and waits for the answer."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

from chat_amqp.connection import connect
from chat_client.link import Link

ANSWER_SECONDS = 30

T = TypeVar("T")


@contextmanager
def linked(url: str) -> Iterator[Link]:
    """What a client has on its connection."""
    wake, other = socket.socketpair()
    with wake, other, connect(url, "bench") as connection, closing(Link(connection, wake)) as link:
        yield link


def arrival(link: Link, find: Callable[[], T]) -> T:
    """The first thing, or things, that `find` finds; raises AssertionError when nothing comes within 30 s."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not (found := find()):
        assert time.monotonic() < deadline, "no answer"
        link.wait(1)
        link.drain()
    return found
