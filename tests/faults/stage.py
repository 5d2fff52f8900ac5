"""The stage of the runs: a broker and a database for all, and on them a chat with people for each run."""

import random
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from testkit.broker import TestBroker
from testkit.postgres import Postgres, running_postgres
from testkit.processes import system_in
from testkit.rabbitmq import Node
from tests.faults.checker import GOES_ON
from tests.faults.cluster import broker_of, cluster
from tests.faults.fleet import Fleet, Load
from tests.faults.run import run
from tests.faults.schedule import Fault
from tests.faults.storage import ANY, POSTGRESQL, SQLITE, storage_of
from tests.faults.tally import COMPLETED, ENDED, Tally
from tests.faults.world import ARCHIVE, SERVICES, World, small_disk

REPLICAS = 2
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
VHOST = "/"  # the broker reports lost connections only here


@dataclass(frozen=True, slots=True)
class Stage:
    """A broker and a database for all runs.

    Attributes:
        nodes: Its nodes.
        broker: The broker on all nodes.
        server: The PostgreSQL server; None if no run needs one.
        directory: The directory for all files.
        isolated: Whether network and mounts are in namespaces of the run.
    """

    nodes: Sequence[Node]
    broker: TestBroker
    server: Postgres | None
    directory: Path
    isolated: bool

    def play(
        self,
        name: str,
        seed: int,
        fault: Fault,
        index: str = SQLITE,
        settings: Mapping[str, str] = NO_SETTINGS,
    ) -> Tally:
        """Make a run in a directory of its own, and judge it.

        Args:
            name: The name of the run.
            seed: The seed of everything that is random.
            fault: What happens.
            index: Where the index is: `sqlite`, on one host, or `postgresql`, shared by two hosts.
            settings: The settings of all replicas.
        """
        directory = self.directory / directory_of(name, index, seed)
        directory.mkdir()
        tally, begun = Tally(), time.monotonic()
        with ExitStack() as ending:
            ending.callback(self.broker.empty, VHOST)
            system = ending.enter_context(system_in(self.broker, VHOST, directory))
            storage = storage_of(system, self.server if index == POSTGRESQL else None)
            for host in storage.hosts if self.isolated else ():
                ending.enter_context(small_disk(host))
            world = World(self.nodes, system, storage, directory, own_places=self.isolated, settings=settings)
            try:
                _play(world, directory, seed, fault, tally)
            except Exception:  # any error is a result of this run; the next run goes on
                tally.judge(COMPLETED, 1, (traceback.format_exc(),))
            else:
                tally.judge(COMPLETED, 1, ())
            tally.done, tally.signs, tally.waits = world.done, world.signs(), world.waits
            tally.judge(GOES_ON, len(world.waits), tuple(world.late))
            tally.judge(ENDED, len(world.ever), tuple(world.crashes()))
        tally.runs = [tally.summary(name, index, seed, time.monotonic() - begun)]
        return tally


def directory_of(name: str, index: str, seed: int) -> str:
    """Return the name of the directory of a run."""
    return f"{name}-{index}-{seed}"


def _play(world: World, directory: Path, seed: int, fault: Fault, tally: Tally) -> None:
    shared = (ARCHIVE,) if len(world.storage.hosts) > 1 else ()  # two replicas write to log.txt of the first host
    for service in (*SERVICES * REPLICAS, *shared):
        world.start(service)
    world.whole()

    def meanwhile(fleet: Fleet) -> None:
        world.fleet = fleet
        fault(world, random.Random(seed))
        world.whole()

    load, histories = Load(seed=seed), directory / "histories"
    copies = world.storage.copies
    tally.add_report(run(world.system, load, histories, meanwhile, lambda label: world.url("client", label), copies))


@contextmanager
def staged(directory: Path, isolated: bool, nodes: int, has_server: bool) -> Iterator[Stage]:
    """Start a stage with one node or three, and stop it in the end.

    Args:
        directory: The directory for all files except those of PostgreSQL.
        isolated: Whether network and mounts are in namespaces of the run.
        nodes: The number of nodes.
        has_server: Whether a run needs PostgreSQL.
    """
    directory.mkdir()
    secrets = directory / "secrets"
    subprocess.run([sys.executable, "-m", "chat_admin", "init", str(secrets)], check=True)
    with ExitStack() as ending:
        server = ending.enter_context(running_postgres(ANY)) if has_server else None
        broker = cluster(directory) if nodes > 1 else _one_node(directory / "node", isolated)
        started = ending.enter_context(broker)
        yield Stage(started, broker_of(started, secrets), server, directory, isolated)


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
