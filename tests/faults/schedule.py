"""The schedule of faults: each kind alone, which shows its effect, and all kinds mixed, as in production."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

from testkit import postgres
from tests.faults import access, hosts, nemesis, wallclock
from tests.faults.cluster import TICK_SECONDS
from tests.faults.nemesis import ALARMS, BAD_NETWORKS, ZOMBIE_SECONDS
from tests.faults.storage import POSTGRESQL
from tests.faults.world import SERVICES, World

Fault = Callable[[World, Random], None]

CALM_SECONDS = 3.0
ACCESS = "access"
NODES = "nodes"
HOSTS = "hosts"
FORGERY = "forgery"  # not a fault of the system, but a test of the checker
# Faults of replicas, and faults around them: a mix has at most one of each at a time.
LANES: tuple[tuple[str, ...], ...] = (
    ("kill", "pause", "scale"),
    ("broker", "partition", "alarm", "close", "network", "disk", "clock", "clients", "sessions", "entrance"),
    ("database stopped", "database killed", "database silent"),
)


def _twice_each(fault: Callable[[World, Random, str], None]) -> Fault:
    def for_each_service(world: World, chance: Random) -> None:
        for service in chance.sample(SERVICES * 2, len(SERVICES) * 2):
            fault(world, chance, service)

    return for_each_service


def _alarms(world: World, chance: Random) -> None:
    for kind in ALARMS:
        nemesis.raise_alarm(world, chance, kind)


def _nodes(world: World, chance: Random) -> None:
    for node in world.nodes:
        nemesis.kill_broker(world, chance, node)
    nemesis.partition(world, chance, nemesis.PARTS, 2 * TICK_SECONDS)


def _hosts(world: World, chance: Random) -> None:
    faults = (hosts.kill_writer, hosts.pause_writer, hosts.part_from_broker, hosts.part_from_database)
    for fault in (*faults, hosts.hit_database):
        fault(world, chance)


def _access(world: World, chance: Random) -> None:
    for fault in (access.close_sessions, access.close_entrance, access.stop_registries):
        fault(world, chance)
        time.sleep(CALM_SECONDS)


def _repeated(fault: Fault, times: int) -> Fault:
    def several_times(world: World, chance: Random) -> None:
        for _ in range(times):
            fault(world, chance)
            time.sleep(CALM_SECONDS)

    return several_times


# Each kind of fault alone.
ALONE: dict[str, Fault] = {
    "kill": _twice_each(nemesis.kill),
    "pause": lambda world, chance: nemesis.pause(world, chance, SERVICES, ZOMBIE_SECONDS),
    "scale": _twice_each(nemesis.scale),
    "broker": _repeated(nemesis.kill_broker, 2),
    "alarm": _alarms,
    "close": _repeated(nemesis.close_connections, 3),
    "network": lambda world, chance: nemesis.disturb_network(world, chance, BAD_NETWORKS, 30),
    "disk": _repeated(nemesis.fill_disk, 2),
    "clock": lambda world, chance: nemesis.step_clock(world, chance, SERVICES),
    "clients": _repeated(nemesis.kill_clients, 3),
    ACCESS: _access,
    NODES: _nodes,
    HOSTS: _hosts,
    FORGERY: nemesis.forge,
}

# A single fault of each kind, for mixed runs.
ONE: dict[str, Fault] = {
    "kill": nemesis.kill,
    "pause": nemesis.pause,
    "scale": nemesis.scale,
    "broker": nemesis.kill_broker,
    "partition": nemesis.partition,
    "alarm": nemesis.raise_alarm,
    "close": nemesis.close_connections,
    "network": nemesis.disturb_network,
    "disk": nemesis.fill_disk,
    "clock": nemesis.step_clock,
    "clients": nemesis.kill_clients,
    "sessions": access.close_sessions,
    "entrance": access.close_entrance,
    "database stopped": hosts.stop_database,
    "database killed": hosts.kill_database,
    "database silent": hosts.silence_database,
}


def unavailable(not_isolated: str | None) -> dict[str, str]:
    """Return the faults that this machine does not allow, with the reason of each.

    Args:
        not_isolated: Why the run has no namespaces of its own; None if it has.
    """
    reasons = {}
    if not_isolated:
        reasons["disk"] = not_isolated
    if not_isolated or not shutil.which("iptables"):
        reasons["network"] = reasons[NODES] = reasons[HOSTS] = not_isolated or "install iptables"
    if not postgres.installed():
        reasons[POSTGRESQL] = reasons[HOSTS] = "install postgresql"
    if not wallclock.library():
        reasons["clock"] = "install libfaketime (package faketime)"
    return reasons


def alone(name: str) -> Fault:
    """Return a kind of fault, with some calm before and after it."""

    def between_calms(world: World, chance: Random) -> None:
        time.sleep(CALM_SECONDS)
        ALONE[name](world, chance)
        time.sleep(CALM_SECONDS)

    return between_calms


def mixed(seconds: float, without: set[str]) -> Fault:
    """Return random faults of all kinds but some, for a number of seconds."""

    def in_lanes(world: World, chance: Random) -> None:
        # A single node has no partitions. Several nodes have no separate address for each process.
        other = "partition" if len(world.nodes) == 1 else "network"
        possible = ONE.keys() - without - {other}
        used = LANES if world.storage.server else LANES[:2]
        lanes = [([name for name in lane if name in possible], Random(chance.random())) for lane in used]
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(len(lanes)) as pool:
            for each in [pool.submit(_lane, world, names, own, until) for names, own in lanes]:
                each.result()

    return in_lanes


def _lane(world: World, names: list[str], chance: Random, until: float) -> None:
    while time.monotonic() < until:
        ONE[chance.choice(names)](world, chance)
        time.sleep(chance.uniform(0, 4))
