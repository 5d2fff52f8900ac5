"""Where a run takes place: a broker, and on it, for each run, a chat of its own with people in it."""

import random
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.fleet import Fleet, Load
from tests.faults.outcome import ENDED, THROUGH, Outcome
from tests.faults.run import run
from tests.faults.schedule import Fault
from tests.faults.world import SERVICES, World, small_disk
from tests.support.broker import TestBroker
from tests.support.processes import system_in
from tests.support.rabbitmq import Node

REPLICAS = 2
VHOST = "/"  # only here the broker tells who has gone


@dataclass(frozen=True, slots=True)
class Stage:
    """A broker for all runs. `isolated` says that network and mounts are our own."""

    node: Node
    broker: TestBroker
    directory: Path
    isolated: bool

    def play(self, name: str, seed: int, fault: Fault) -> Outcome:
        """One run, judged; what it leaves is in a directory of its own."""
        directory = self.directory / f"{name}-{seed}"
        directory.mkdir()
        outcome, begun = Outcome(), time.monotonic()
        with ExitStack() as ending:
            ending.callback(self.broker.empty, VHOST)
            system = ending.enter_context(system_in(self.broker, VHOST, directory))
            if self.isolated:
                ending.enter_context(small_disk(system.data))
            world = World(self.node, system, directory, own_places=self.isolated)
            try:
                _play(world, directory, seed, fault, outcome)
            except Exception:  # whatever it is, it is part of what was found, and the next run goes on
                outcome.judge(THROUGH, 1, (traceback.format_exc(),))
            else:
                outcome.judge(THROUGH, 1, ())
            outcome.done, outcome.signs = world.done, world.signs()
            outcome.judge(ENDED, len(world.ever), tuple(world.crashes()))
        outcome.runs = [outcome.summary(name, seed, time.monotonic() - begun)]
        return outcome


def _play(world: World, directory: Path, seed: int, fault: Fault, outcome: Outcome) -> None:
    for service in SERVICES * REPLICAS:
        world.start(service)
    world.whole()

    def meanwhile(fleet: Fleet) -> None:
        world.fleet = fleet
        fault(world, random.Random(seed))
        world.whole()

    load = Load(seed=seed)
    outcome.take(run(world.system, load, directory / "histories", meanwhile, lambda label: world.url("client", label)))


@contextmanager
def staged(directory: Path, isolated: bool) -> Iterator[Stage]:
    """A stage whose broker is stopped in the end. Everything is kept in `directory`."""
    place = directory / "node"
    (place / "conf.d").mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "chat_admin", "init", str(directory / "secrets")], check=True)
    node = Node(place)
    if (
        isolated
    ):  # each process reaches it by an address of its own; these are addresses of loopback, there are no others
        (place / "conf.d" / "reachable.conf").write_text(f"listeners.tcp.1 = 0.0.0.0:{node.port}\n")
    try:
        node.start()
        yield Stage(node, node.broker(directory / "secrets"), directory, isolated)
    finally:
        node.stop()
