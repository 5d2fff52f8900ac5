"""The stage of the runs: one broker for all, and on it a chat with people for each run."""

import random
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from testkit.broker import TestBroker
from testkit.processes import system_in
from testkit.rabbitmq import Node
from tests.faults.cluster import broker_of, cluster
from tests.faults.fleet import Fleet, Load
from tests.faults.run import run
from tests.faults.schedule import Fault
from tests.faults.tally import COMPLETED, ENDED, Tally
from tests.faults.world import SERVICES, World, small_disk

REPLICAS = 2
VHOST = "/"  # the broker reports lost connections only here


@dataclass(frozen=True, slots=True)
class Stage:
    """A broker for all runs.

    Attributes:
        nodes: Its nodes.
        broker: The broker on all nodes.
        directory: The directory for all files.
        isolated: Whether network and mounts are in namespaces of the run.
    """

    nodes: Sequence[Node]
    broker: TestBroker
    directory: Path
    isolated: bool

    def play(self, name: str, seed: int, fault: Fault) -> Tally:
        """Make a run in a directory of its own, and judge it."""
        directory = self.directory / f"{name}-{seed}"
        directory.mkdir()
        tally, begun = Tally(), time.monotonic()
        with ExitStack() as ending:
            ending.callback(self.broker.empty, VHOST)
            system = ending.enter_context(system_in(self.broker, VHOST, directory))
            if self.isolated:
                ending.enter_context(small_disk(system.data))
            # Several nodes have addresses of their own, so processes cannot have one each.
            world = World(self.nodes, system, directory, own_places=self.isolated and len(self.nodes) == 1)
            try:
                _play(world, directory, seed, fault, tally)
            except Exception:  # any error is a result of this run; the next run goes on
                tally.judge(COMPLETED, 1, (traceback.format_exc(),))
            else:
                tally.judge(COMPLETED, 1, ())
            tally.done, tally.signs = world.done, world.signs()
            tally.judge(ENDED, len(world.ever), tuple(world.crashes()))
        tally.runs = [tally.summary(name, seed, time.monotonic() - begun)]
        return tally


def _play(world: World, directory: Path, seed: int, fault: Fault, tally: Tally) -> None:
    for service in SERVICES * REPLICAS:
        world.start(service)
    world.whole()

    def meanwhile(fleet: Fleet) -> None:
        world.fleet = fleet
        fault(world, random.Random(seed))
        world.whole()

    load, histories = Load(seed=seed), directory / "histories"
    tally.add_report(run(world.system, load, histories, meanwhile, lambda label: world.url("client", label)))


@contextmanager
def staged(directory: Path, isolated: bool, nodes: int) -> Iterator[Stage]:
    """Start a stage with one node or three, and stop it in the end; all files stay in `directory`."""
    directory.mkdir()
    secrets = directory / "secrets"
    subprocess.run([sys.executable, "-m", "chat_admin", "init", str(secrets)], check=True)
    with cluster(directory) if nodes > 1 else _one_node(directory / "node", isolated) as started:
        yield Stage(started, broker_of(started, secrets), directory, isolated)


@contextmanager
def _one_node(place: Path, isolated: bool) -> Iterator[list[Node]]:
    (place / "conf.d").mkdir(parents=True)
    node = Node(place)
    if isolated:  # each process reaches the node by its own loopback address
        (place / "conf.d" / "reachable.conf").write_text(f"listeners.tcp.1 = 0.0.0.0:{node.port}\n")
    try:
        node.start()
        yield [node]
    finally:
        node.stop()
