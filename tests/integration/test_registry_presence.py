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
from chat_wire.codec import encode
from chat_wire.messages import Claim, Granted, Notice, Refused, Renew, SessionEnded
from chat_worker.reply_addresses import own_address
from testkit.broker import TestBroker
from testkit.chatter import Chatter, new_request
from testkit.forged_addresses import forged_addresses
from testkit.processes import System, system_in

ALL = (*topology.REGISTRY_QUEUES, *topology.ROOM_STREAMS, topology.CONNECTED, former.DEPARTURES)
GHOSTS = 1_500
PROBING = """
from functools import partial
from chat_registry.service import RegistryService
from chat_registry.settings import registry_settings
from chat_worker.main import main

def build(environ, instance):
    return partial(RegistryService, registry_settings(environ, instance), probe_every=0.1)

main("registry", build)
"""


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


def test_claims_that_never_connect_give_no_notice_and_the_list_of_users_stays_fast(system: System) -> None:
    system.started("registry")
    eve = member(system, "eve")
    eve.join()
    ghosts = Chatter(system.url("client"))
    for number in range(GHOSTS):
        claim = Claim(request=f"ghost {number}", name=f"ghost{number}", secret=f"{number:064}")
        ghosts.entrance.publish(topology.ENTRANCE.name, "", encode(claim))

    assert isinstance(ghosts.answer(f"ghost {GHOSTS - 1}", 60), Granted)
    ghosts.close()

    asked = time.monotonic()
    assert eve.users().connected == ("eve",)
    assert time.monotonic() - asked < 1
    assert isinstance(member(system, "bob").granted, Granted)
    eve.hear(lambda: ("joined", "bob") in eve.notices())
    assert eve.notices() == [("joined", "eve"), ("joined", "bob")]


def test_the_rooms_see_nothing_of_a_takeover_and_the_older_client_is_told(system: System) -> None:
    system.started("registry")
    eve, bob = member(system, "eve"), member(system, "bob")
    eve.join()

    again = member(system, "bob", bob.secret)
    bob.hear(lambda: any(isinstance(reply, SessionEnded) and reply.reason == "taken" for reply in bob.replies))
    bob.close()
    assert eve.users().connected == ("bob", "eve")

    again.leave_broker()
    eve.hear(lambda: ("lost", "bob") in eve.notices())
    assert eve.notices() == [("joined", "eve"), ("joined", "bob"), ("lost", "bob")]


def test_a_client_lost_while_no_registry_ran_is_listed_as_disconnected(system: System) -> None:
    registry = system.started("registry")
    bob, eve = member(system, "bob"), member(system, "eve")
    registry.kill()
    bob.leave_broker()

    system.started("registry", 2)

    eve.hear(lambda: eve.users().disconnected == ("bob",))


def test_two_replicas_follow_the_events_as_one(system: System) -> None:
    replicas = [system.started("registry", 1), system.started("registry", 2)]
    eve = member(system, "eve")
    eve.join()

    for number, victim in enumerate([*replicas, None]):
        bob = member(system, f"bob{number}")
        bob.leave_broker()
        eve.hear(lambda number=number: ("lost", f"bob{number}") in eve.notices())
        if victim:
            victim.kill()
            system.started("registry", 3 + number)

    told = {entry.id: (entry.kind, entry.user) for _, entry in eve.entries if isinstance(entry, Notice)}
    of_bobs = [
        notice for notice in told.values() if notice[1] != "eve"
    ]  # a replica that starts repeats the recent ones
    assert of_bobs == [(kind, f"bob{number}") for number in range(3) for kind in ("joined", "lost")]
    assert eve.users().disconnected == ("bob0", "bob1", "bob2")


def test_probes_find_a_member_who_listens_no_more_among_others_with_forged_addresses(system: System) -> None:
    registry = system.started("registry", program=PROBING)
    eve, bob = member(system, "eve"), member(system, "bob")
    eve.join()
    with connect(system.url("registry"), "test") as connection:
        genuine = own_address(connection)
    for number, address in enumerate(forged_addresses(genuine)[9:12]):
        mallory = opened(system, f"mallory{number}")
        mallory.enter()
        mallory.line.reply_to = address
        mallory.publish(topology.MEMBERS.name, "", encode(Renew(request=new_request())))
        mallory.confirmed()

    bob.line.stop_listening()

    eve.hear(lambda: ("lost", "bob") in eve.notices(), 60)  # a forged address may take up the probes of a second
    assert "bob" in eve.users().disconnected
    assert "eve" in eve.users().connected
    assert [line["user"] for line in registry.lines("session.departed") if "mallory" not in line["user"]] == ["bob"]
