"""The running chat as a nemesis sees it: replicas that it may do anything to, the broker, and the clients."""

import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from testkit.processes import Process, System, whole_lines
from testkit.rabbitmq import Node
from testkit.wait import until
from tests.faults import network, wallclock
from tests.faults.cluster import wait_until_whole
from tests.faults.fleet import Fleet

SERVICES = ("registry", "router", "archive")
READY_SECONDS = 60
SIGNS = ("broker.lost", "broker.blocked", "archive.stalled", "stream.diverged", "delivery.refused", "worker.stopped")
WENT_BACK = "the clock went back"


@dataclass(frozen=True, slots=True)
class Replica:
    """A replica of a service. `place` is the address by which it reaches the broker, `clock` the file that steps it."""

    service: str
    process: Process
    place: str
    clock: Path

    def step_clock(self, seconds: int) -> None:
        """Set its wall clock off from the true time."""
        wallclock.step(self.clock, seconds)


class World:
    """One system with replicas that come and go. `done` counts what was done to it, by kind; nemesis.log tells when."""

    def __init__(self, nodes: Sequence[Node], system: System, directory: Path, own_places: bool) -> None:
        self.nodes = nodes
        self.system = system
        self.done: Counter[str] = Counter()
        self.replicas: dict[str, list[Replica]] = {service: [] for service in SERVICES}
        self.ever: list[Replica] = []
        self.fleet: Fleet | None = None
        self._directory = directory
        self._own_places = own_places
        self._places: dict[str, str] = {}

    def place(self, who: str) -> str:
        """The address by which a process reaches the broker, the same for ever."""
        return self._places.setdefault(who, network.address(len(self._places)))

    def url(self, user: str, who: str) -> str:
        """The AMQP URL of a user for one process."""
        url = self.system.url(user)
        return url.replace("@127.0.0.1:", f"@{self.place(who)}:") if self._own_places else url

    def start(self, service: str) -> Replica:
        """Start one more replica; it may not be ready when this returns."""
        who = f"{service} {len(self.ever)}"
        clock = self._directory / f"{who}.clock".replace(" ", "-")
        settings = {"AMQP_URL": self.url(service, who)} | wallclock.settings(clock)
        process = self.system.start(service, 1, **settings)
        replica = Replica(service, process, self.place(who), clock)
        replica.step_clock(0)
        self.replicas[service].append(replica)
        self.ever.append(replica)
        return replica

    def withdraw(self, service: str, chance: random.Random) -> Replica:
        """Take a replica out of those that count as running: mostly the one that works most."""
        replica = self.pick(service, chance)
        self.replicas[service].remove(replica)
        return replica

    def pick(self, service: str, chance: random.Random) -> Replica:
        """A replica of a service: mostly the one that works most, by what it logs."""
        running = self.replicas[service]
        if chance.random() < 0.7:
            return max(running, key=lambda replica: replica.process.log.stat().st_size)
        return chance.choice(running)

    def note(self, what: str, of: str = "") -> None:
        """Count something that is done now, and write down when."""
        self.done[what] += 1
        with (self._directory / "nemesis.log").open("a") as log:
            log.write(f"{time.monotonic():.6f} {what} {of}\n")

    def whole(self) -> None:
        """Wait until every node and replica is ready; raises AssertionError when one is not, or has ended by itself."""
        self.whole_broker()
        for replica in self.running():
            until(replica.process.ready, READY_SECONDS, f"{replica.process.name} is ready")

    def whole_broker(self) -> None:
        """Wait until every node has caught up with the others; raises AssertionError when one has not."""
        if len(self.nodes) > 1:
            wait_until_whole(self.system.broker, len(self.nodes))

    def running(self) -> list[Replica]:
        """Every replica that should be there."""
        return [replica for replicas in self.replicas.values() for replica in replicas]

    def crashes(self) -> Iterator[str]:
        """What replicas have logged of their own crashes."""
        for replica in self.ever:
            for line in replica.process.lines("worker.crashed"):
                yield f"{replica.process.name}: {line}"

    def signs(self) -> Counter[str]:
        """What was logged of the faults: that they were felt."""
        found: Counter[str] = Counter()
        for replica in self.ever:
            lines = whole_lines(replica.process.log)
            found.update(line["event"] for line in lines if line["event"] in SIGNS)
            times = [line["timestamp"] for line in lines]
            found[WENT_BACK] += sum(after < before for before, after in pairwise(times))
        return +found


@contextmanager
def small_disk(directory: Path) -> Iterator[None]:
    """A directory with a disk of its own, that is filled easily; what was on it is kept in the end."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(directory)], check=True)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            kept = (directory / "log.txt").read_bytes()
            directory.with_name("log.txt").write_bytes(kept)
        subprocess.run(["umount", "--lazy", str(directory)], check=True)
