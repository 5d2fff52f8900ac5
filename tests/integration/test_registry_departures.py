"""Lost clients: the broker's events announce them in the default virtual host, and probes find them elsewhere."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kombu.entity import Queue

from chat_amqp import former, topology
from chat_amqp.connection import connect
from chat_wire.messages import Granted, Refused
from testkit.broker import TestBroker
from testkit.former import FormerChatter
from testkit.processes import System, system_in

ALL = (*topology.REGISTRY_QUEUES, *topology.ROOM_STREAMS, former.DEPARTURES)


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


def member(system: System, name: str) -> FormerChatter:
    chatter = FormerChatter(system.url("former-client"))
    assert isinstance(chatter.claim(name), Granted)
    return chatter


def test_a_lost_client_keeps_its_name_and_only_the_same_author_takes_it_back(system: System) -> None:
    registry = system.started("registry")
    bob, eve = member(system, "bob"), member(system, "eve")
    eve.join()
    bob.close()
    eve.hear(lambda: ("lost", "bob") in eve.notices())
    assert eve.users().disconnected == ("bob",)

    assert isinstance(FormerChatter(system.url("former-client")).claim("bob"), Refused)
    again = FormerChatter(system.url("former-client"), secret=bob.secret)
    assert isinstance(again.claim("bob"), Granted)

    eve.hear(lambda: ("back", "bob") in eve.notices())
    assert eve.users().connected == ("bob", "eve")
    assert registry.lines("session.departed")


def test_a_client_lost_while_no_registry_ran_is_listed_as_disconnected(system: System) -> None:
    registry = system.started("registry")
    bob, eve = member(system, "bob"), member(system, "eve")
    registry.kill()
    bob.close()

    system.started("registry")

    eve.hear(lambda: eve.users().disconnected == ("bob",))


def test_a_probe_finds_a_lost_client_that_the_broker_did_not_announce(system: System) -> None:
    """A restart of the broker drops inboxes without an event."""
    registry = system.started("registry")
    bob, eve = member(system, "bob"), member(system, "eve")
    eve.join()
    registry.kill()
    bob.close()
    forget(system.broker, former.DEPARTURES)

    with probing_replica(system):
        eve.hear(lambda: ("lost", "bob") in eve.notices())
        assert eve.users().connected == ("eve",)


def test_a_later_probe_finds_a_client_that_is_lost_later(broker: TestBroker, vhost: str, tmp_path: Path) -> None:
    """A broker node can fail together with its clients while no registry replica is connected to it."""
    with system_in(broker, vhost, tmp_path) as system, probing_replica(system):
        system.started("registry")
        eve = member(system, "eve")
        eve.join()
        for name in ("bob", "carol"):
            member(system, name).close()
            eve.hear(lambda name=name: ("lost", name) in eve.notices())


PROBING = """
from functools import partial
from chat_registry.service import RegistryService
from chat_registry.settings import registry_settings
from chat_worker.main import main

def build(environ, instance):
    return partial(RegistryService, registry_settings(environ, instance), former_probe_every=0.1)

main("registry", build)
"""


@contextmanager
def probing_replica(system: System) -> Iterator[None]:
    """Run a replica with a short interval between probes."""
    key = system.broker.secrets_dir / "registry" / "token_private_key"
    environ = {
        **os.environ,
        "AMQP_URL": system.url("registry"),
        "TOKEN_PRIVATE_KEY_FILE": str(key),
        "HEALTH_FILE": str(system.data / "probing.json"),
    }
    process = subprocess.Popen([sys.executable, "-c", PROBING], env=environ)
    try:
        yield
    finally:
        process.kill()
        process.wait(10)
