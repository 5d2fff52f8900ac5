"""Who vanished: the broker tells, in the one virtual host that has its event exchange; else a probe does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.broker import TestBroker
from tests.support.chatter import Chatter
from tests.support.processes import Process, System, system_in

from chat_wire.messages import Granted, Refused


@pytest.fixture
def system(broker: TestBroker, tmp_path: Path) -> Iterator[System]:
    broker.empty("/")
    with system_in(broker, "/", tmp_path) as made:
        yield made
    broker.empty("/")


@pytest.fixture
def registry(system: System) -> Process:
    return system.started("registry")


def member(system: System, name: str) -> Chatter:
    chatter = Chatter(system.url("client"))
    assert isinstance(chatter.claim(name), Granted)
    return chatter


def test_who_vanishes_keeps_the_name_and_only_the_same_person_takes_it_back(system: System, registry: Process) -> None:
    bob, eve = member(system, "bob"), member(system, "eve")
    eve.join()
    bob.close()
    eve.hear(lambda: ("lost", "bob") in eve.notices())
    assert eve.users().disconnected == ("bob",)

    assert isinstance(Chatter(system.url("client")).claim("bob"), Refused)
    again = Chatter(system.url("client"), secret=bob.secret)
    assert isinstance(again.claim("bob"), Granted)

    eve.hear(lambda: ("back", "bob") in eve.notices())
    assert eve.users().connected == ("bob", "eve")
    assert registry.lines("session.departed")


