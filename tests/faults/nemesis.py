"""The faults: each one disturbs the running chat for a while and then restores it.

Each function takes the world and a random generator, so a seed determines what happens. When the function returns, the
chat is whole again or recovers without help.
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
# With heartbeats of 10 s the broker gives up a silent client after 20 to 30 s.
ZOMBIE_SECONDS = 40
DRAIN_SECONDS = 20
BAD_NETWORK_SECONDS = 30
ALARMS = {
    "disk alarm": (["set_disk_free_limit", "9000GB"], ["set_disk_free_limit", "50MB"]),
    "memory alarm": (["set_vm_memory_high_watermark", "0.00001"], ["set_vm_memory_high_watermark", "0.4"]),
}
CUT_OFF = "cut off from everything"
PARTS = ("cut off from the other nodes", CUT_OFF)
BAD_NETWORKS = ("cut", "half cut", "lossy", "slow")


def kill(world: World, chance: Random, service: str | None = None) -> None:
    """Kill a replica with SIGKILL, and start another one after a while."""
    service = service or chance.choice(SERVICES)
    replica = world.withdraw(service, chance)
    world.note(f"kill -9 {service}", replica.process.name)
    replica.process.kill()
    time.sleep(chance.uniform(0, 2))
    world.start(service)


def pause(world: World, chance: Random, services: Sequence[str] = (), seconds: float = 0) -> None:
    """Pause replicas with SIGSTOP; by their SIGCONT the broker may have given their work to others."""
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
    """Start one more replica, then stop one with SIGTERM, which must exit with status 0."""
    alone, service = service is not None, service or chance.choice(SERVICES)
    new = world.start(service)
    world.note(f"scale up and down {service}", new.process.name)
    until(new.process.ready, 60, f"{new.process.name} is ready")
    old = world.withdraw(service, chance)
    old.process.send(signal.SIGTERM)
    # In a mixed run the replica may be cut off meanwhile, and drains when the network is back.
    status = old.process.popen.wait(DRAIN_SECONDS + (0 if alone else BAD_NETWORK_SECONDS))
    assert status == 0, f"{old.process.name} exited with status {status} after SIGTERM"


def kill_broker(world: World, chance: Random, node: Node | None = None) -> None:
    """Kill a node of the broker with SIGKILL, and start it again."""
    node = node or chance.choice(world.nodes)
    world.note("kill -9 broker", node.address)
    node.kill()
    time.sleep(chance.uniform(0, 3))
    node.start()
    world.whole_broker()


def partition(world: World, chance: Random, kinds: Sequence[str] = (), seconds: float = 0) -> None:
    """Cut a node of the broker off from the other nodes, or from everything."""
    for kind in kinds or [chance.choice(PARTS)]:
        node = chance.choice(world.nodes)
        assert isinstance(node, ClusterNode)
        world.note(f"node {kind}", node.address)
        with node.cut_from_all() if kind == CUT_OFF else node.cut_from_nodes():
            time.sleep(seconds or chance.uniform(1, 3 * TICK_SECONDS))
        world.whole_broker()


def raise_alarm(world: World, chance: Random, kind: str | None = None) -> None:
    """Raise the disk or memory alarm of the broker, which then blocks all publishers."""
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
    """Let the broker close every connection."""
    world.note("all connections closed")
    chance.choice(world.nodes).rabbitmqctl("close_all_connections", "a fault")


def disturb_network(world: World, chance: Random, kinds: Sequence[str] = (), seconds: float = 0) -> None:
    """Disturb the network between some processes and a server: one process for each kind of disturbance."""
    kinds = kinds or [chance.choice(BAD_NETWORKS)]
    with ExitStack() as undo:
        for kind, (name, place) in zip(kinds, chance.sample(_places(world), len(kinds)), strict=True):
            world.note(f"network {kind}", name)
            undo.enter_context(_bad(kind, place, chance))
        time.sleep(seconds or chance.uniform(1, BAD_NETWORK_SECONDS))


def fill_disk(world: World, chance: Random) -> None:
    """Fill the disk of log.txt on a host, and free it again."""
    host = chance.choice(world.storage.hosts)
    world.note("disk of log.txt full", host.name)
    filler = host / "filler"
    try:
        fill(filler)
        time.sleep(chance.uniform(3, 8))
    finally:
        filler.unlink()


def step_clock(world: World, chance: Random, services: Sequence[str] = ()) -> None:
    """Step the wall clock of replicas one hour ahead, then one hour behind, then right."""
    replicas = [world.pick(service, chance) for service in services or [chance.choice(SERVICES)]]
    for seconds in (HOUR, -HOUR, 0):
        for replica in replicas:
            world.note(f"clock stepped {replica.service}", f"{replica.process.name} {seconds:+d}")
            replica.step_clock(seconds)
        time.sleep(chance.uniform(3, 5))


def kill_clients(world: World, chance: Random) -> None:
    """Kill a client process with SIGKILL; the same people come back, or others come."""
    assert world.fleet
    client = chance.choice(world.fleet.clients)
    world.note("kill -9 clients", client.label)
    world.fleet.kill(client)
    if chance.random() < 0.5:
        world.fleet.wait_for(world.fleet.revive(client), "joined")
    else:
        world.fleet.start(1)


def forge(world: World, _chance: Random) -> None:
    """Alter one letter of log.txt: not a fault, but a test of the checker."""
    world.note("forgery")
    path = world.system.data / "log.txt"
    until(lambda: path.exists() and path.stat().st_size > 10_000, 30, "log.txt has some lines")
    content = path.read_bytes()
    at = content.index(b'"text":"') + len(b'"text":"')
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"#" if content[at : at + 1] != b"#" else b"+")


def fill(path: Path) -> None:
    """Write a file that takes all free space of its disk."""
    with path.open("wb") as file:
        while free := _free_bytes(path):
            try:
                os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), free)
            except OSError:  # another process has taken a part of it
                continue


def _free_bytes(path: Path) -> int:
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def _places(world: World) -> list[tuple[str, str]]:
    """Return the name and the address of each process, and of each way to the database, that can have a bad network."""
    assert world.fleet
    people = [(client.label, world.place(client.label)) for client in world.fleet.clients]
    archives = world.replicas["archive"] if world.storage.server else []
    databases = [(f"{replica.process.name} to the database", replica.database_place) for replica in archives]
    return [(replica.process.name, replica.place) for replica in world.running()] + people + databases


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
