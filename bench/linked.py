"""The connection of a client, for scenarios that send a request and wait for its answer."""

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
    """Connect as a client does, and yield the link."""
    wake, other = socket.socketpair()
    with wake, other, connect(url, "bench") as connection, closing(Link(connection, wake, None)) as link:
        yield link


def arrival(link: Link, find: Callable[[], T]) -> T:
    """Return the first truthy result of `find`; raises AssertionError when there is none within 30 s."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not (found := find()):
        assert time.monotonic() < deadline, f"no answer within {ANSWER_SECONDS} s"
        link.wait(1)
        link.drain()
    return found
