"""A worker that some messages crash again and again loses no other message."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from kombu.connection import Connection

from chat_amqp import former, topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_amqp.publisher import Publication, Publisher
from testkit.broker import TestBroker
from testkit.fragile import PARTITIONS
from testkit.wait import until

EACH = 300
POISON = {50: b"exit", 200: b"raise", 201: b"exit"}
HEALTHY = {partition: [b"%d %03d" % (partition, n) for n in range(EACH)] for partition in PARTITIONS}


class Kept:
    """A service that is restarted whenever it ends, as a supervisor does; `starts` counts."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        """Start it with an environment; stdout and stderr go to a log."""
        self._environ = environ
        self._log = log
        self.starts = 0
        self._start()

    def keep(self) -> None:
        """Restart it if it has ended."""
        if self._process.poll() is not None:
            self._start()

    def stop(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait(10)

    def _start(self) -> None:
        self.starts += 1
        command = [sys.executable, "-m", "testkit.fragile"]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(command, env=self._environ, stdout=output, stderr=output)


@contextmanager
def kept(url: str, directory: Path) -> Iterator[Kept]:
    made = Kept({**os.environ, "AMQP_URL": url, "HEALTH_FILE": str(directory / "health.json")}, directory / "log")
    try:
        yield made
    finally:
        made.stop()


def fill(connection: Connection) -> None:
    """Put healthy messages into both partitions, and poison messages between those of the first."""
    declare(connection, *map(former.ingress, PARTITIONS), *topology.ROOM_STREAMS, topology.DEAD_LETTERS)
    channel: Any = connection.channel()
    publisher = Publisher(channel)
    for partition, bodies in HEALTHY.items():
        for n, body in enumerate(bodies):
            for each in (POISON[n], body) if partition == 0 and n in POISON else (body,):
                publisher.publish(Publication(exchange="", routing_key=former.ingress(partition).name, body=each))
    while publisher.unconfirmed:
        channel.connection.drain_events(timeout=5)


def bodies_of(channel: Any, queue: str, offset: str | None = None) -> list[bytes]:
    """Return the bodies of a queue or stream. The list grows while the connection is drained."""
    bodies: list[bytes] = []

    def receive(message: Any) -> None:
        bodies.append(bytes(message.body))
        channel.basic_ack(message.delivery_tag)

    channel.auto_decode = False
    channel.basic_qos(0, 1000, False)
    channel.basic_consume(queue, callback=receive, arguments={"x-stream-offset": offset} if offset else None)
    return bodies


@pytest.fixture
def url(broker: TestBroker, vhost: str) -> str:
    return broker.url("router", vhost)


def test_a_crash_loop_ends_with_only_the_poison_messages_in_dead_letters(
    broker: TestBroker, vhost: str, url: str, tmp_path: Path
) -> None:
    with (
        connect(url, "test") as connection,
        connect(broker.url("archive", vhost), "test") as archive,
        connect(broker.url("admin", vhost), "test") as admin,
        kept(url, tmp_path) as service,
    ):
        fill(connection)
        room = bodies_of(archive.channel(), "room.lobby", "first")
        letters = bodies_of(admin.channel(), "dead-letters")
        readers = archive, admin
        wait_until(readers, service, lambda: len({*room, *letters}) == 2 * EACH + len(set(POISON.values())))
        wait_until(readers, service, lambda: len(letters) >= len(POISON))

    assert sorted(letters) == sorted(POISON.values())
    for partition, bodies in HEALTHY.items():
        first_of_each = dict.fromkeys(body for body in room if body.startswith(b"%d " % partition))
        assert list(first_of_each) == bodies
    assert service.starts < 15


def wait_until(connections: Sequence[Connection], service: Kept, condition: Callable[[], bool]) -> None:
    def holds() -> bool:
        service.keep()
        for connection in connections:
            with suppress(TimeoutError):
                while True:
                    connection.drain_events(timeout=0.01)
            connection.heartbeat_check()
        return condition()

    until(holds, 100, "every message is in the room or in dead-letters")
