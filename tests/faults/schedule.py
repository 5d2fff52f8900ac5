"""When which fault comes: each alone, so that it is known what it does, and mixed, as in life."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.faults import nemesis, wallclock
from tests.faults.cluster import TICK_SECONDS
from tests.faults.nemesis import ALARMS, BAD_NETWORKS, ZOMBIE_SECONDS
from tests.faults.world import SERVICES, World

Fault = Callable[[World, Random], None]

CALM_SECONDS = 3.0
NODES = "nodes"
FORGERY = "forgery"  # no fault of the system: shows that the checker sees
# What happens to replicas, and what happens around them: one of each at a time.
LANES: tuple[tuple[str, ...], ...] = (
    ("kill", "pause", "scale"),
    ("broker", "partition", "alarm", "close", "network", "disk", "clock", "clients"),
)


def _twice_each(fault: Callable[[World, Random, str], None]) -> Fault:
    def run(world: World, chance: Random) -> None:
        for service in chance.sample(SERVICES * 2, len(SERVICES) * 2):
            fault(world, chance, service)

    return run


def _alarms(world: World, chance: Random) -> None:
    for kind in ALARMS:
        nemesis.raise_alarm(world, chance, kind)


def _nodes(world: World, chance: Random) -> None:
    for node in world.nodes:
        nemesis.kill_broker(world, chance, node)
    nemesis.partition(world, chance, nemesis.PARTS, 2 * TICK_SECONDS)


def _repeated(fault: Fault, times: int) -> Fault:
    def run(world: World, chance: Random) -> None:
        for _ in range(times):
            fault(world, chance)
            time.sleep(CALM_SECONDS)

    return run


# Each fault by itself.
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
    NODES: _nodes,
    FORGERY: nemesis.forge,
}

# One of each, as it comes in a mix.
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
}


def unavailable(not_isolated: str | None) -> dict[str, str]:
    """The faults that cannot be had on this machine, and why. `not_isolated`: why there is no place of our own."""
    reasons = {}
    if not_isolated:
        reasons["disk"] = not_isolated
    if not_isolated or not shutil.which("iptables"):
        reasons["network"] = reasons[NODES] = not_isolated or "iptables is not installed"
    if not wallclock.library():
        reasons["clock"] = "libfaketime is not installed (package faketime)"
    return reasons


def alone(name: str) -> Fault:
    """A fault by itself, with some calm before and after."""

    def run(world: World, chance: Random) -> None:
        time.sleep(CALM_SECONDS)
        ALONE[name](world, chance)
        time.sleep(CALM_SECONDS)

    return run


def mixed(seconds: float, without: set[str]) -> Fault:
    """All faults in turns, by chance, for a time."""

    def run(world: World, chance: Random) -> None:
        # One node cannot part; of several, each has one address for all.
        other = "partition" if len(world.nodes) == 1 else "network"
        possible = ONE.keys() - without - {other}
        lanes = [([name for name in lane if name in possible], Random(chance.random())) for lane in LANES]
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(len(lanes)) as pool:
            for each in [pool.submit(_lane, world, names, own, until) for names, own in lanes]:
                each.result()

    return run


def _lane(world: World, names: list[str], chance: Random, until: float) -> None:
    while time.monotonic() < until:
        ONE[chance.choice(names)](world, chance)
        time.sleep(chance.uniform(0, 4))
