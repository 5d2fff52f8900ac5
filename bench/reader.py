"""Members that only count posts: many in one process, on plain sockets, so that the reader costs little.

Kombu connects them and starts their consumers; then they read raw bytes. Each must receive exactly all posts.
"""

import multiprocessing
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from typing import Any

from kombu.connection import Connection

from bench import frames
from chat_amqp import topology
from chat_client.link import ROOM_PREFETCH

BUFFER = bytearray(1 << 20)
ACK_EVERY = 100
STALLED_SECONDS = 30
EXTRA_SECONDS = 0.3
JOIN_SECONDS = 120

Attach = Callable[[Any], None]


def attach_room(channel: Any, room: str = "lobby") -> None:
    """Consume a room as a client does, from the next entry on."""
    channel.basic_qos(0, ROOM_PREFETCH, False)
    channel.basic_consume(topology.room(room).name, arguments={"x-stream-offset": "next"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The members of a measurement, and the posts that each one must receive.

    Attributes:
        url: The URL of the broker.
        members: The number of members.
        posts: The number of posts for each member.
        attach: Starts a consumer on the channel of a member; a function of a module, as another process calls it.
        acks: Whether to acknowledge deliveries.
        stamps: Whether to record the latency of each post.
        warm_up: The number of first posts whose latency is left out, for each member.
    """

    url: str
    members: int
    posts: int
    attach: Attach = attach_room
    acks: bool = True
    stamps: bool = False
    warm_up: int = 0


@dataclass(slots=True)
class Seen:
    """The result of reading.

    Attributes:
        counts: The number of received posts of each member.
        last: The monotonic time at which the last member had all posts, in seconds.
        took: The latency of each post, in microseconds.
        processor: The processor time of the reading process, in seconds.
    """

    counts: list[int]
    last: float
    took: list[int]
    processor: float


@dataclass(slots=True)
class _CountingMember:
    sock: socket.socket
    connection: Any  # closes the socket when it is garbage-collected
    channel: int
    posts: frames.TokenCount = field(default_factory=lambda: frames.TokenCount(frames.POST))
    deliveries: frames.TokenCount = field(default_factory=lambda: frames.TokenCount(frames.DELIVERY))
    stamps: frames.Stamps = field(default_factory=frames.Stamps)
    acked: int = 0
    took: list[int] = field(default_factory=list)


class Readers:
    """A process with counting members."""

    def __init__(self, reading: Reading) -> None:
        """Start the process.

        Args:
            reading: The members, and the posts that each one must receive.
        """
        spawning = multiprocessing.get_context("spawn")
        self._reading = reading
        self._pipe, theirs = spawning.Pipe()
        self._process = spawning.Process(target=_run, args=(reading, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def attached(self) -> None:
        """Wait until all members have a consumer."""
        assert self._pipe.poll(JOIN_SECONDS), f"members have no consumer within {JOIN_SECONDS} s"
        self._pipe.recv()

    def seen(self) -> Seen:
        """Wait until each member has received all posts, or nothing arrives for 30 s.

        Raises:
            AssertionError: A member has received more or fewer posts.
        """
        seen: Seen = self._pipe.recv()
        wrong = {count for count in seen.counts if count != self._reading.posts}
        assert not wrong, f"each member must receive {self._reading.posts} posts, some received {sorted(wrong)[:10]}"
        return seen

    def stop(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


@contextmanager
def reading(wanted: Reading) -> Iterator[Readers]:
    """Start members, wait until they have their consumers, and stop them in the end."""
    readers = Readers(wanted)
    try:
        readers.attached()
        yield readers
    finally:
        readers.stop()


def _run(reading: Reading, pipe: Pipe) -> None:
    members = [_join(reading) for _ in range(reading.members)]
    pipe.send("attached")
    pipe.send(_read(reading, members))


def quiet_connection(url: str) -> Any:
    """Open a connection without heartbeats that tolerates a broker that accepts no bytes for a while."""
    patience = {"socket_settings": {socket.TCP_USER_TIMEOUT: STALLED_SECONDS * 1000}}
    connection = Connection(url, heartbeat=0, transport_options=patience)
    connection.connect()
    return connection


def _join(reading: Reading) -> _CountingMember:
    connection = quiet_connection(reading.url)
    channel = connection.channel()
    reading.attach(channel)
    sock = connection.connection.sock
    sock.setblocking(False)
    return _CountingMember(sock, connection, channel.channel_id)


def _read(reading: Reading, members: list[_CountingMember]) -> Seen:
    """Read until each member has all posts and no more arrive, or until nothing arrives for 30 s."""
    last, used = time.monotonic(), time.process_time()
    missing = len(members)
    with selectors.DefaultSelector() as selector:
        for member in members:
            selector.register(member.sock, selectors.EVENT_READ, member)
        while ready := selector.select(STALLED_SECONDS if missing else EXTRA_SECONDS):
            for key, _ in ready:
                member = key.data
                before = member.posts.count
                _receive(member, reading)
                if before < reading.posts <= member.posts.count:
                    missing -= 1
                    last = time.monotonic()
    took = [each for member in members for each in member.took[reading.warm_up :]]
    return Seen([member.posts.count for member in members], last, took, time.process_time() - used)


def _receive(member: _CountingMember, reading: Reading) -> None:
    size = member.sock.recv_into(BUFFER)
    if not size:
        raise ConnectionResetError("the broker closed a member's connection")
    member.posts.feed(BUFFER, size)
    if reading.stamps:
        now = time.time_ns() // 1000
        member.took += [now - stamp for stamp in member.stamps.feed(bytes(BUFFER[:size]))]
    if reading.acks:
        member.deliveries.feed(BUFFER, size)
        if member.deliveries.count >= member.acked + ACK_EVERY:
            member.acked = member.deliveries.count
            member.sock.sendall(frames.ack(member.channel, member.acked))
