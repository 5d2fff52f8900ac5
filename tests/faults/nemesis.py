"""The faults: each does one thing to a running chat, holds it for a while, and takes it back.

All take the world and a source of chance, so that a seed says what happens; when they return, what they
broke is whole again, or comes back by itself.
"""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from random import Random
from typing import Any

from testkit.rabbitmq import Node
from testkit.wait import until
from tests.faults import network
from tests.faults.cluster import TICK_SECONDS, ClusterNode
from tests.faults.world import SERVICES, World

HOUR = 3600
# Heartbeats of 10 s: after 20 to 30 s the broker gives up whom it does not hear.
ZOMBIE_SECONDS = 40
DRAIN_SECONDS = 20
ALARMS = {
    "disk alarm": (["set_disk_free_limit", "9000GB"], ["set_disk_free_limit", "50MB"]),
    "memory alarm": (["set_vm_memory_high_watermark", "0.00001"], ["set_vm_memory_high_watermark", "0.4"]),
}
CUT_OFF = "cut off"
PARTS = ("cut from the others", CUT_OFF)
BAD_NETWORKS = ("cut", "half cut", "lossy", "slow")


def kill(world: World, chance: Random, service: str | None = None) -> None:
    """kill -9 of a replica, and another one after a while."""
    service = service or chance.choice(SERVICES)
    replica = world.withdraw(service, chance)
    world.note(f"kill -9 {service}", replica.process.name)
    replica.process.kill()
    time.sleep(chance.uniform(0, 2))
    world.start(service)


def pause(world: World, chance: Random, services: Sequence[str] = (), seconds: float = 0) -> None:
    """SIGSTOP, and SIGCONT when the broker has long given the work to somebody else: a zombie wakes up."""
    services = services or [chance.choice(SERVICES)]
    stopped = [world.pick(service, chance) for service in services]
    for replica in stopped:
        world.note(f"SIGSTOP {replica.service}", replica.process.name)
        replica.process.send(signal.SIGSTOP)
    try:
        time.sleep(seconds or chance.uniform(1, ZOMBIE_SECONDS))
    finally:
        for replica in stopped:
            replica.process.send(signal.SIGCONT)


def scale(world: World, chance: Random, service: str | None = None) -> None:
    """One replica more, and then one less by SIGTERM, which has to end in order."""
    service = service or chance.choice(SERVICES)
    new = world.start(service)
    world.note(f"scale up and down {service}", new.process.name)
    until(new.process.ready, 60, f"{new.process.name} is ready")
    old = world.withdraw(service, chance)
    old.process.send(signal.SIGTERM)
    status = old.process.popen.wait(DRAIN_SECONDS)
    assert status == 0, f"{old.process.name} ended with {status} after SIGTERM"


def kill_broker(world: World, chance: Random, node: Node | None = None) -> None:
    """kill -9 of a node of the broker, and its restart."""
    node = node or chance.choice(world.nodes)
    world.note("kill -9 broker", node.address)
    node.kill()
    time.sleep(chance.uniform(0, 3))
    node.start()
    world.whole_broker()


def partition(world: World, chance: Random, kinds: Sequence[str] = (), seconds: float = 0) -> None:
    """A node of the broker is cut off from the other nodes, or from everybody."""
    for kind in kinds or [chance.choice(PARTS)]:
        node = chance.choice(world.nodes)
        assert isinstance(node, ClusterNode)
        world.note(f"broker's node {kind}", node.address)
        with node.cut_from_all() if kind == CUT_OFF else node.cut_from_nodes():
            time.sleep(seconds or chance.uniform(1, 3 * TICK_SECONDS))
        world.whole_broker()


def raise_alarm(world: World, chance: Random, kind: str | None = None) -> None:
    """The broker is short of disk or memory, and takes nothing from who publishes."""
    kind = kind or chance.choice(list(ALARMS))
    raised, over = ALARMS[kind]
    node = chance.choice(world.nodes)
    world.note(kind)
    node.rabbitmqctl(*raised)
    try:
        time.sleep(chance.uniform(2, 8))
    finally:
        node.rabbitmqctl(*over)


def close_connections(world: World, chance: Random) -> None:
    """The broker closes every connection."""
    world.note("all connections closed")
    chance.choice(world.nodes).rabbitmqctl("close_all_connections", "a fault")


def disturb_network(world: World, chance: Random, kinds: Sequence[str] = (), seconds: float = 0) -> None:
    """The network between the broker and one process, for each kind another one, is bad."""
    kinds = kinds or [chance.choice(BAD_NETWORKS)]
    with ExitStack() as undo:
        for kind, (name, place) in zip(kinds, chance.sample(_places(world), len(kinds)), strict=True):
            world.note(f"network {kind}", name)
            undo.enter_context(_bad(kind, place, chance))
        time.sleep(seconds or chance.uniform(1, 30))


def fill_disk(world: World, chance: Random) -> None:
    """The disk of log.txt is full."""
    world.note("log.txt's disk full")
    filler = world.system.data / "filler"
    try:
        fill(filler)
        time.sleep(chance.uniform(3, 8))
    finally:
        filler.unlink()


def step_clock(world: World, chance: Random, services: Sequence[str] = ()) -> None:
    """The wall clock of a replica is stepped one hour ahead, then two back, then right."""
    replicas = [world.pick(service, chance) for service in services or [chance.choice(SERVICES)]]
    for seconds in (HOUR, -HOUR, 0):
        for replica in replicas:
            world.note(f"clock stepped {replica.service}", f"{replica.process.name} {seconds:+d}")
            replica.step_clock(seconds)
        time.sleep(chance.uniform(3, 5))


def kill_clients(world: World, chance: Random) -> None:
    """kill -9 of a process with some people in it, who come back, or other people come."""
    assert world.fleet
    client = chance.choice(world.fleet.clients)
    world.note("kill -9 clients", client.label)
    world.fleet.kill(client)
    if chance.random() < 0.5:
        world.fleet.wait_for(world.fleet.revive(client), "joined")
    else:
        world.fleet.start(1)


def forge(world: World, _chance: Random) -> None:
    """No fault but a forgery, to show that it is found: a letter of log.txt is another."""
    world.note("forgery")
    path = world.system.data / "log.txt"
    until(lambda: path.exists() and path.stat().st_size > 10_000, 30, "log.txt has some lines")
    content = path.read_bytes()
    at = content.index(b'"text":"') + len(b'"text":"')
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"#" if content[at : at + 1] != b"#" else b"+")


def fill(path: Path) -> None:
    """Make a file that takes all the room there is on its disk."""
    with path.open("wb") as file:
        while room := _room(path):
            try:
                os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), room)
            except OSError:  # somebody else took of it meanwhile: take what is left
                continue


def _room(path: Path) -> int:
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def _places(world: World) -> list[tuple[str, str]]:
    assert world.fleet
    people = [(client.label, world.place(client.label)) for client in world.fleet.clients]
    return [(replica.process.name, replica.place) for replica in world.running()] + people


def _bad(kind: str, place: str, chance: Random) -> AbstractContextManager[Any]:
    match kind:
        case "cut":
            return network.cut(place)
        case "half cut":
            return network.cut(place, (chance.choice(network.BOTH),))
        case "lossy":
            return network.lossy(place)
        case _:
            return network.slow(place)
