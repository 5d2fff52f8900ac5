"""Members that only count: many in one process, on plain sockets, so that the system is measured and not the reader.

Kombu connects and attaches them; from then on they read raw bytes. Each must see exactly all posts.
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
    """Read a room as a client does, from what comes next on."""
    channel.basic_qos(0, ROOM_PREFETCH, False)
    channel.basic_consume(topology.room(room).name, arguments={"x-stream-offset": "next"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is to be read: by how many members, and how many posts each is to see.

    `attach` is a function of a module, which is called with each member's channel. Deliveries are acknowledged if
    `acks`. With `stamps` the time that each post took is noted, but for the first `warm_up` of each member.
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
    """What the members saw: posts of each, when the last came (monotonic), microseconds each post took.

    And what it took the process to read, in seconds of the processor.
    """

    counts: list[int]
    last: float
    took: list[int]
    processor: float


@dataclass(slots=True)
class _Member:
    sock: socket.socket
    connection: Any  # kept, for it closes the socket when it goes
    channel: int
    posts: frames.TokenCount = field(default_factory=lambda: frames.TokenCount(frames.POST))
    deliveries: frames.TokenCount = field(default_factory=lambda: frames.TokenCount(frames.DELIVERY))
    stamps: frames.Stamps = field(default_factory=frames.Stamps)
    acked: int = 0
    took: list[int] = field(default_factory=list)


class Readers:
    """A process with members."""

    def __init__(self, reading: Reading) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._reading = reading
        self._pipe, theirs = spawning.Pipe()
        self._process = spawning.Process(target=_run, args=(reading, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def attached(self) -> None:
        """Wait until all members are attached."""
        assert self._pipe.poll(JOIN_SECONDS), "members are still not attached"
        self._pipe.recv()

    def seen(self) -> Seen:
        """Wait until each has seen everything, or nothing more comes; raises AssertionError if that is not all."""
        seen: Seen = self._pipe.recv()
        wrong = {count for count in seen.counts if count != self._reading.posts}
        assert not wrong, f"each member is to see {self._reading.posts} posts, some saw {sorted(wrong)[:10]}"
        return seen

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


@contextmanager
def reading(what: Reading) -> Iterator[Readers]:
    """Members who are attached."""
    readers = Readers(what)
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
    """An open connection that needs no heartbeats, and bears a broker that takes no bytes for a while."""
    patience = {"socket_settings": {socket.TCP_USER_TIMEOUT: STALLED_SECONDS * 1000}}
    connection = Connection(url, heartbeat=0, transport_options=patience)
    connection.connect()
    return connection


def _join(reading: Reading) -> _Member:
    connection = quiet_connection(reading.url)
    channel = connection.channel()
    reading.attach(channel)
    sock = connection.connection.sock
    sock.setblocking(False)
    return _Member(sock, connection, channel.channel_id)


def _read(reading: Reading, members: list[_Member]) -> Seen:
    """Read until each has seen everything and nothing more comes, or until nothing has come for long."""
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


def _receive(member: _Member, reading: Reading) -> None:
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
