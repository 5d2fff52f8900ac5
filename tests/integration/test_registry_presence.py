"""Presence by the broker's events about connections, in the default virtual host, which alone receives them."""

import fcntl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu.entity import Queue

from chat_amqp import former, topology
from chat_amqp.connection import connect
from chat_wire.messages import Claim, Granted, Refused
from testkit.broker import TestBroker
from testkit.chatter import Chatter, new_request
from testkit.processes import System, system_in

ALL = (*topology.REGISTRY_QUEUES, *topology.ROOM_STREAMS, topology.CONNECTED, former.DEPARTURES)
GHOSTS = 1_500


@pytest.fixture
def system(broker: TestBroker, tmp_path: Path) -> Iterator[System]:
    """Run services in the default virtual host, one test at a time, because test processes share the broker."""
    with (broker.secrets_dir / "default-vhost.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        forget(broker, *ALL)
        with system_in(broker, "/", tmp_path) as made:
            yield made
        forget(broker, *ALL)


def forget(broker: TestBroker, *queues: Queue) -> None:
    """Delete queues and streams from the default virtual host."""
    with connect(broker.amqp_url, "test") as connection:
        channel: Any = connection.channel()
        for queue in queues:
            channel.queue_delete(queue.name)


def member(system: System, name: str, secret: str | None = None) -> Chatter:
    chatter = Chatter(system.url("client"), secret)
    assert isinstance(chatter.claim(name), Granted)
    return chatter


def opened(system: System, name: str, secret: str | None = None) -> Chatter:
    """Return a member that has claimed a name and has not connected."""
    chatter = Chatter(system.url("client"), secret)
    chatter.granted = chatter.request(Claim(request=new_request(), name=name, secret=chatter.secret))
    assert isinstance(chatter.granted, Granted)
    return chatter


def test_a_session_joins_when_it_connects_and_is_lost_when_its_connection_closes(system: System) -> None:
    registry = system.started("registry")
    eve = member(system, "eve")
    eve.join()
    bob = opened(system, "bob")
    assert eve.users().connected == ("eve",)

    bob.enter()
    eve.hear(lambda: ("joined", "bob") in eve.notices())
    assert eve.users().connected == ("bob", "eve")

    closed = time.monotonic()
    bob.leave_broker()
    eve.hear(lambda: ("lost", "bob") in eve.notices())
    assert time.monotonic() - closed < 1
    assert eve.users().disconnected == ("bob",)
    assert isinstance(Chatter(system.url("client")).claim("bob"), Refused)

    bob.enter()
    eve.hear(lambda: ("back", "bob") in eve.notices())
    assert eve.notices() == [("joined", "eve"), ("joined", "bob"), ("lost", "bob"), ("back", "bob")]
    assert registry.lines("session.departed")
