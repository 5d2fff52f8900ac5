"""Finds the faults of the chat, the most important first. Pure: from facts to sentences."""

from collections.abc import Iterable, Iterator

from chat_admin.sizes import size
from chat_admin.status import SERVICES, SILENT_SECONDS, Figures, Node, Observed, Problem, Replica
from chat_wire.limits import PARTITIONS

ALERTS = "docs/how-to/alerts/"
CHECK_BROKER = ALERTS + "broker-down.md"
TROUBLESHOOT = "docs/how-to/troubleshoot.md"
CLUSTER = "docs/how-to/run-three-nodes.md"
# A queue of work that grows beyond this is not just a moment's load.
BACKLOG = 1000
WORK = ("registry.requests", "archive.questions", "registry.commands", "archive.queries")
ROUTED = ("router.posts.", "router.ingress.")
BEHIND_SECONDS = 30
LOW_FREE_BYTES = 1_000_000_000
EFFECTS = {
    "registry": "nobody can join or leave",
    "router": "messages wait, and nobody sees new ones",
    "archive": "the chat records nothing, and shows no history",
}


def problems_of(observed: Observed, replicas: Iterable[Replica]) -> tuple[Problem, ...]:
    """Return what is wrong; nothing if all is well.

    Args:
        observed: What a look has found.
        replicas: The replicas in it.
    """
    present = tuple(replicas)
    return tuple(_found(observed, present))


def _found(observed: Observed, replicas: tuple[Replica, ...]) -> Iterator[Problem]:
    figures = observed.figures
    if figures is None and observed.reports_error:
        both = f"Management API: {observed.figures_error}. AMQP: {observed.reports_error}"
        yield Problem(text=f"The broker does not answer. {both}", look=CHECK_BROKER)
        return
    if observed.figures_error:
        yield Problem(text=f"No figures of the broker: {observed.figures_error}", look=CHECK_BROKER)
    if observed.reports_error:
        yield Problem(text=f"No health reports: {observed.reports_error}", look=CHECK_BROKER)
    nodes = figures.nodes if figures else ()
    alarm = any(node.alarms for node in nodes)
    for node in nodes:
        yield from _of_node(node)
    if figures:
        yield from _of_queues(figures)
        yield from _missing_services(replicas)
    for replica in replicas:
        yield from _of_replica(replica, alarm, observed.reports_error is None)
    yield from _of_archives([each for each in replicas if each.service == "archive"], alarm)
    if figures:
        yield from _waiting(figures)


def _of_node(node: Node) -> Iterator[Problem]:
    if not node.running:
        yield Problem(text=f"The node {node.name} is down", look=CHECK_BROKER)
    for alarm in node.alarms:
        yield Problem(
            text=f"The broker is in alarm and takes no messages: {_alarm(node, alarm)}", look=_runbook("broker-alarm")
        )
    if node.partitions:
        others = ", ".join(node.partitions)
        yield Problem(text=f"The node {node.name} is cut off from {others}", look=CLUSTER)
    # Below the limit without an alarm, the figures are older than the alarm's end.
    if not node.alarms and node.disk_free and node.disk_limit and 1 <= node.disk_free / node.disk_limit < 2:
        left, limit = size(node.disk_free), size(node.disk_limit)
        yield Problem(
            text=f"{node.name} has only {left} of disk left; below {limit} the broker takes no messages",
            look=_runbook("disk-filling"),
        )


def _alarm(node: Node, alarm: str) -> str:
    free, limit, used, allowed = node.disk_free, node.disk_limit, node.memory_used, node.memory_limit
    # Figures that contradict the alarm are older than it.
    if alarm == "disk" and free is not None and limit is not None and free < limit:
        return f"{node.name} has {size(free)} of disk left, and needs {size(limit)}"
    if alarm == "memory" and used is not None and allowed is not None and used > allowed:
        return f"{node.name} uses {size(used)} of memory, and may use {size(allowed)}"
    return f"{node.name} is short of {alarm}"


def _of_queues(figures: Figures) -> Iterator[Problem]:
    for queue in figures.queues:
        if queue.state not in ("running", "idle", "flow"):
            yield Problem(text=f"{queue.name} is in the state {queue.state}", look=TROUBLESHOOT)
    lacking = [queue.name for queue in figures.queues if queue.online < queue.replicas]
    if lacking:
        others = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        yield Problem(
            text=f"A replica is missing of {lacking[0]}{others}: another lost node could stop them", look=CLUSTER
        )


def _missing_services(replicas: tuple[Replica, ...]) -> Iterator[Problem]:
    for service in SERVICES:
        if not any(each.service == service and _serves(each) for each in replicas):
            yield Problem(text=f"No {service} is connected: {EFFECTS[service]}", look=_runbook("replica-missing"))


def _serves(replica: Replica) -> bool:
    """Return whether a replica is connected. Its report says so sooner than the figures, which RabbitMQ collects."""
    return bool(replica.connected or (replica.fresh and not replica.stopped))


def _of_replica(replica: Replica, alarm: bool, readable: bool) -> Iterator[Problem]:
    if replica.fresh and not replica.report.get("ready"):
        if not (alarm and replica.report.get("blocked")):  # the alarm is a problem of its own
            yield _not_ready(replica)
    elif replica.connected is False and not replica.fresh:
        yield Problem(
            text=f"{replica.instance} is gone: its last report is {_age(replica)} old", look=_runbook("replica-missing")
        )
    elif readable and not alarm and replica.connected and _silent(replica):
        yield Problem(
            text=f"{replica.instance} is connected, but has not reported for {_age(replica)}: it is stuck or paused",
            look=_runbook("replica-missing"),
        )


def _not_ready(replica: Replica) -> Problem:
    stalled = replica.report.get("stalled")
    if stalled:
        return Problem(text=f"{replica.instance} cannot record: {stalled}", look=_runbook("archive-stalled"))
    reason = replica.report.get("reason") or "it does not say why"
    return Problem(text=f"{replica.instance} is not ready: {reason}", look=_runbook("replica-not-ready"))


def _silent(replica: Replica) -> bool:
    """Return whether a connected replica should have reported. One that says no version does not know how."""
    if replica.age is not None:
        return not replica.fresh
    return replica.version is not None and (replica.connected_seconds or 0) > SILENT_SECONDS


def _age(replica: Replica) -> str:
    seconds = replica.connected_seconds if replica.age is None else replica.age
    return f"{seconds or 0:.0f} s"


def _of_archives(archives: list[Replica], alarm: bool) -> Iterator[Problem]:
    fresh = [each for each in archives if each.fresh]
    old = [each for each in archives if not each.report and each.version is None]  # it may be the writer
    idle = [each for each in fresh if each.report.get("ready") and not each.report.get("writing")]
    if fresh and len(idle) == len(fresh) and not old and not alarm:
        yield Problem(text="No archive records the rooms", look=_runbook("archive-nobody-writes"))
    for each in fresh:
        if each.report.get("writing") and (behind := behind_seconds(each)) > BEHIND_SECONDS:
            yield Problem(text=f"{each.instance} is {behind:.0f} s behind the rooms", look=_runbook("archive-behind"))
        free = each.report.get("free_bytes")
        if isinstance(free, int) and free < LOW_FREE_BYTES:
            yield Problem(
                text=f"{each.instance} has only {size(free)} left on the disk of log.txt", look=_runbook("disk-filling")
            )


def behind_seconds(archive: Replica) -> float:
    """Return by how much an archive is behind the rooms, in seconds.

    Args:
        archive: The archive.
    """
    rooms = archive.report.get("rooms") or {}
    return max((float(room.get("behind_seconds") or 0) for room in rooms.values()), default=0.0)


def _waiting(figures: Figures) -> Iterator[Problem]:
    """Yield what waits: posts, commands and questions, partitions that no router has, and dead letters."""
    ingress = [queue for queue in figures.queues if queue.name.startswith(ROUTED)]
    posts = sum(queue.messages for queue in ingress)
    if posts > BACKLOG:
        yield Problem(text=f"{posts:,} messages of members wait for a router", look=_runbook("router-backlog"))
    without = sorted(set(range(PARTITIONS)) - figures.active.keys()) if ingress else []
    routed = any(link.service == "router" for link in figures.links)
    if routed and without and all(queue.consumers == 0 for queue in ingress if _number(queue.name) in without):
        yield Problem(text=f"No router has the partitions {ranges(without)}", look=_runbook("router-backlog"))
    for queue in figures.queues:
        if queue.name in WORK and queue.messages > BACKLOG:
            yield Problem(text=f"{queue.messages:,} messages wait in {queue.name}", look=TROUBLESHOOT)
        if queue.name == "dead-letters" and queue.messages:
            one = queue.messages == 1
            letters = "1 dead letter waits" if one else f"{queue.messages:,} dead letters wait"
            text = f"{letters} for you: no service could handle {'it' if one else 'them'}"
            yield Problem(text=text, look=_runbook("dead-letters"))


def _number(name: str) -> int:
    return int(name.rpartition(".")[2])


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers as ranges, such as 0-3, 7.

    Args:
        numbers: The numbers, in ascending order.
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][-1] == number - 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(f"{each[0]}-{each[-1]}" if len(each) > 1 else str(each[0]) for each in found)


def _runbook(alert: str) -> str:
    return f"{ALERTS}{alert}.md"
