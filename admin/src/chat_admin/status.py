"""How the chat is: the facts that `chat-admin status` shows, and what is wrong (diagnosis.py).

These are plain data, without I/O. `--json` prints them with these names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

# A replica reports every 5 s. After three reports that did not come, something is wrong with it.
SILENT_SECONDS = 15
# The stream of the health reports keeps them for at least this time. A lost replica is forgotten after it.
REPORTS_KEPT = timedelta(minutes=10)
SERVICES = ("registry", "router", "archive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of the broker. A figure that the broker does not have yet is None.

    Attributes:
        name: Its name.
        running: Whether it runs.
        alarms: Which of `memory` and `disk` is in alarm.
        partitions: The nodes that it is cut off from.
        memory_used: Bytes.
        memory_limit: The bytes from which on the broker takes no messages.
        disk_free: Bytes.
        disk_limit: The free bytes below which the broker takes no messages.
    """

    name: str
    running: bool
    alarms: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()
    memory_used: int | None = None
    memory_limit: int | None = None
    disk_free: int | None = None
    disk_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """A queue or a stream.

    Attributes:
        name: Its name.
        kind: `quorum`, `stream` or `classic`.
        messages: The number of messages in it; of a stream, of its entries.
        unacknowledged: How many of them consumers hold.
        consumers: The number of consumers.
        state: `running`, or what the broker says instead.
        replicas: How many nodes have a replica of it.
        online: How many of these replicas are online.
    """

    name: str
    kind: str
    messages: int = 0
    unacknowledged: int = 0
    consumers: int = 0
    state: str = "running"
    replicas: int = 1
    online: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A connection of a replica to the broker.

    Attributes:
        name: The broker's name of the connection.
        service: The service, which is its broker user.
        instance: The name of the replica.
        version: The version of the replica, None if it did not say.
        seconds: For how long it has been open, None if the broker does not say.
    """

    name: str
    service: str
    instance: str
    version: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A replica of a service.

    Attributes:
        service: Its service.
        instance: Its name.
        version: Its version, None if it is not known.
        connected: Whether it has a connection to the broker; None without figures of the broker.
        connected_seconds: For how long.
        partitions: The ingress partitions that a router has.
        report: Its newest health report; empty without one.
        age: The age of the report, in seconds; None without one.
    """

    service: str
    instance: str
    version: str | None = None
    connected: bool | None = None
    connected_seconds: float | None = None
    partitions: tuple[int, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    age: float | None = None

    @property
    def fresh(self) -> bool:
        """Whether its report tells the present."""
        return self.age is not None and self.age <= SILENT_SECONDS

    @property
    def stopped(self) -> bool:
        """Whether it said in its last report that it stops."""
        return bool(self.report.get("stopped")) and not self.connected


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong.

    Attributes:
        text: What is wrong, and who notices it.
        look: Where it is described.
    """

    text: str
    look: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The answers of the management API.

    Attributes:
        version: The version of RabbitMQ.
        nodes: The nodes.
        queues: The queues and streams, without inboxes.
        links: The connections of the services.
        active: For each ingress partition with an active consumer, the broker's name of its connection.
        clients: The number of connections of sessions and of clients of 0.3.0.
        former_clients: The number of connections of clients of 0.3.0.
    """

    version: str
    nodes: tuple[Node, ...]
    queues: tuple[QueueFigures, ...]
    links: tuple[Link, ...]
    active: Mapping[int, str]
    clients: int
    former_clients: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything that a look has found.

    Attributes:
        at: The time, in microseconds since 1970-01-01 UTC.
        figures: The figures of the broker; None if the management API did not answer.
        reports: The newest health report of each replica, by service and instance.
        figures_error: Why there are no figures.
        reports_error: Why there are no reports.
        former_clients: Whether clients of 0.3.0 may log in.
    """

    at: int
    figures: Figures | None
    reports: Mapping[tuple[str, str], Mapping[str, Any]]
    figures_error: str | None = None
    reports_error: str | None = None
    former_clients: bool = False


def replicas_of(observed: Observed) -> tuple[Replica, ...]:
    """Return the replicas: those that are connected, and those that reported in the last 10 minutes.

    Args:
        observed: What a look has found.
    """
    links = observed.figures.links if observed.figures else ()
    oldest = observed.at - REPORTS_KEPT // timedelta(microseconds=1)
    reported = {key for key, report in observed.reports.items() if report["at"] >= oldest}
    found = {(link.service, link.instance) for link in links} | reported
    made = (_replica(observed, links, *key) for key in found)
    return tuple(sorted((each for each in made if not each.stopped), key=_order))


def _order(replica: Replica) -> tuple[str, int, str]:
    return replica.service, len(replica.instance), replica.instance  # archive-2 goes before archive-10


def _replica(observed: Observed, links: Sequence[Link], service: str, instance: str) -> Replica:
    own = [link for link in links if (link.service, link.instance) == (service, instance)]
    report = observed.reports.get((service, instance), {})
    active = observed.figures.active if observed.figures else {}
    names = {link.name for link in own}
    return Replica(
        service=service,
        instance=instance,
        version=_first([report.get("release"), *(link.version for link in own)]),
        connected=bool(own) if observed.figures else None,
        connected_seconds=max((link.seconds for link in own if link.seconds is not None), default=None),
        partitions=tuple(sorted(number for number, name in active.items() if name in names)),
        report=report,
        age=max(0.0, (observed.at - report["at"]) / 1_000_000) if report else None,
    )


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the chat is.

    Attributes:
        at: The time, in microseconds since 1970-01-01 UTC.
        well: Whether nothing is wrong.
        answers: Whether the broker answered at all.
        problems: What is wrong, most important first.
        replicas: The replicas of the services.
        figures: The figures of the broker; None if the management API did not answer.
        sessions: The number of sessions that are connected; None if it is not known.
        names: The number of names that are held; None if it is not known.
        log_bytes: The size of log.txt; None if it is not known.
        log_free_bytes: The free bytes of its disk; None if it is not known.
        dead_letters: The number of dead letters; None if it is not known.
        former_clients: Whether clients of 0.3.0 may log in, with the password that all of them have.
    """

    at: int
    well: bool
    answers: bool
    problems: tuple[Problem, ...]
    replicas: tuple[Replica, ...]
    figures: Figures | None
    sessions: int | None
    names: int | None
    log_bytes: int | None
    log_free_bytes: int | None
    dead_letters: int | None
    former_clients: bool


def status_of(observed: Observed, replicas: tuple[Replica, ...], problems: tuple[Problem, ...]) -> Status:
    """Return how the chat is.

    Args:
        observed: What a look has found.
        replicas: The replicas in it.
        problems: What is wrong.
    """
    registries = [each for each in replicas if each.service == "registry"]
    archives = sorted((each for each in replicas if each.service == "archive"), key=_writes_last)
    queues = observed.figures.queues if observed.figures else ()
    return Status(
        at=observed.at,
        well=not problems,
        answers=observed.figures is not None or observed.reports_error is None,
        problems=problems,
        replicas=replicas,
        figures=observed.figures,
        sessions=_number_in(registries, "connected"),
        names=_number_in(registries, "names"),
        log_bytes=_number_in(archives, "log_bytes"),
        log_free_bytes=_number_in(archives, "free_bytes"),
        dead_letters=next((queue.messages for queue in queues if queue.name == "dead-letters"), None),
        former_clients=observed.former_clients,
    )


def _writes_last(archive: Replica) -> bool:
    return bool(archive.report.get("writing"))


def _number_in(replicas: Iterable[Replica], name: str) -> int | None:
    """Return a number that the replicas report, as the last of them says; in an alarm it is that of before."""
    present = [each.report for each in replicas if each.fresh or each.connected]
    found = [report[name] for report in present if isinstance(report.get(name), int)]
    return found[-1] if found else None
