"""The running chat as a nemesis sees it: the replicas, the broker and the clients."""

import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from tests.faults.storage import ANY, Storage

ARCHIVE = "archive"
SERVICES = ("registry", "router", ARCHIVE)
READY_SECONDS = 60
SIGNS = ("broker.lost", "broker.blocked", "archive.stalled", "stream.diverged", "delivery.refused", "worker.stopped")
WENT_BACK = "the clock went back"


@dataclass(frozen=True, slots=True)
class Replica:
    """A replica of a service.

    Attributes:
        service: The name of the service.
        process: The running process.
        place: The address by which it reaches the broker.
        clock: The file that steps its clock.
        host: The DATA_DIR of an archive.
        database_place: The address by which an archive reaches the database.
    """

    service: str
    process: Process
    place: str
    clock: Path
    host: Path | None = None
    database_place: str = ""

    def step_clock(self, seconds: int) -> None:
        """Set the offset of its wall clock from the true time, in seconds."""
        wallclock.step(self.clock, seconds)


class World:
    """A system with replicas that come and go.

    Attributes:
        nodes: The nodes of the broker.
        system: The chat.
        storage: Where its archives record.
        done: The number of injected faults, by kind; nemesis.log has their times.
        replicas: The replicas that should be running, by service.
        ever: All replicas that were started.
        fleet: The client processes.
        waits: The seconds that the longest wait for the archive took, by its kind.
        late: A description of each wait that took too long.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        system: System,
        storage: Storage,
        directory: Path,
        own_places: bool,
        settings: Mapping[str, str],
    ) -> None:
        """Create a world without replicas and clients.

        Args:
            nodes: The nodes of the broker.
            system: The chat, without processes.
            storage: Where its archives record.
            directory: The directory for nemesis.log and the files that step clocks.
            own_places: Whether each process reaches each server on this machine by an address of its own.
            settings: The settings of all replicas.
        """
        self.nodes = nodes
        self.system = system
        self.storage = storage
        self.done: Counter[str] = Counter()
        self.replicas: dict[str, list[Replica]] = {service: [] for service in SERVICES}
        self.ever: list[Replica] = []
        self.fleet: Fleet | None = None
        self.waits: dict[str, float] = {}
        self.late: list[str] = []
        self._directory = directory
        self._own_places = own_places
        self._settings = settings
        self._places: dict[str, str] = {}

    def place(self, label: str) -> str:
        """Return the address by which a process reaches a server; it never changes."""
        return self._places.setdefault(label, network.address(len(self._places)))

    def url(self, user: str, label: str) -> str:
        """Return the AMQP URL of a user for one process."""
        url = self.system.url(user)
        return url.replace("@127.0.0.1:", f"@{self.place(label)}:") if self._own_places else url

    def start(self, service: str) -> Replica:
        """Start one more replica, without waiting until it is ready; an archive on the host that has the fewest."""
        label = f"{service} {len(self.ever)}"
        clock = self._directory / f"{label}.clock".replace(" ", "-")
        settings = {**self._settings, "AMQP_URL": self.url(service, label), **wallclock.settings(clock)}
        host = self._emptiest_host() if service == ARCHIVE else None
        if host:
            settings |= {"DATA_DIR": str(host), "INDEX_URL": self._index_url(label)}
        process = self.system.start(service, 1, **settings)
        replica = Replica(service, process, self.place(label), clock, host, self.place(database(label)))
        replica.step_clock(0)
        self.replicas[service].append(replica)
        self.ever.append(replica)
        return replica

    def _emptiest_host(self) -> Path:
        taken = Counter(replica.host for replica in self.replicas[ARCHIVE])
        return min(self.storage.hosts, key=lambda host: taken[host])

    def _index_url(self, label: str) -> str:
        url = self.storage.url
        return url.replace(f"@{ANY}:", f"@{self.place(database(label))}:") if self._own_places else url

    def withdraw(self, service: str, chance: random.Random) -> Replica:
        """Pick a replica and remove it from those that should be running."""
        replica = self.pick(service, chance)
        self.replicas[service].remove(replica)
        return replica

    def pick(self, service: str, chance: random.Random) -> Replica:
        """Pick a replica of a service: in most cases the busiest one, which has the largest log."""
        running = self.replicas[service]
        if chance.random() < 0.7:
            return max(running, key=lambda replica: replica.process.log.stat().st_size)
        return chance.choice(running)

    def note(self, fault: str, target: str = "") -> None:
        """Count a fault that is injected now, and log its time and target."""
        self.done[fault] += 1
        with (self._directory / "nemesis.log").open("a") as log:
            log.write(f"{time.monotonic():.6f} {fault} {target}\n")

    def whole(self) -> None:
        """Wait until every node and replica is ready.

        Raises:
            AssertionError: One of them does not become ready, or has ended although no fault ended it.
        """
        self.whole_broker()
        for replica in self.running():
            until(replica.process.ready, READY_SECONDS, f"{replica.process.name} is ready")

    def whole_broker(self) -> None:
        """Wait until every node has caught up with the others; raises AssertionError if one does not."""
        if len(self.nodes) > 1:
            wait_until_whole(self.system.broker, len(self.nodes))

    def running(self) -> list[Replica]:
        """Return every replica that should be running."""
        return [replica for replicas in self.replicas.values() for replica in replicas]

    def measure(self, seconds: float, what: str, condition: Callable[[], bool]) -> None:
        """Wait for a condition, and note how long it took; the run goes on if the condition does not hold in time."""
        since = time.monotonic()
        try:
            until(condition, seconds, what)
        except AssertionError as error:
            self.late.append(str(error))
        self.waits[what] = max(time.monotonic() - since, self.waits.get(what, 0))

    def crashes(self) -> Iterator[str]:
        """Yield the log lines in which replicas report a crash."""
        for replica in self.ever:
            for line in replica.process.lines("worker.crashed"):
                yield f"{replica.process.name}: {line}"

    def signs(self) -> Counter[str]:
        """Count the log events that show the effects of the faults."""
        found: Counter[str] = Counter()
        for replica in self.ever:
            lines = whole_lines(replica.process.log)
            found.update(line["event"] for line in lines if line["event"] in SIGNS)
            times = [line["timestamp"] for line in lines]
            found[WENT_BACK] += sum(after < before for before, after in pairwise(times))
        return +found


def database(label: str) -> str:
    """Return the label of an archive's way to the database."""
    return f"{label} to the database"


@contextmanager
def small_disk(directory: Path) -> Iterator[None]:
    """Mount a disk of 256 MB on a directory, and copy its log.txt beside the directory in the end."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(directory)], check=True)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            kept = (directory / "log.txt").read_bytes()
            directory.with_name(f"{directory.name}-log.txt").write_bytes(kept)
        subprocess.run(["umount", "--lazy", str(directory)], check=True)
