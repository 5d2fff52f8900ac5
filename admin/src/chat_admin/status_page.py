"""The page of `chat-admin status`, for a terminal of 80 columns and more."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from chat_admin.diagnosis import behind_seconds, ranges
from chat_admin.letter import safe
from chat_admin.sizes import size
from chat_admin.status import Node, QueueFigures, Replica, Status
from chat_amqp import former

FORMER_QUEUES = {
    queue.name for queue in (*former.REGISTRY_QUEUES, former.DEPARTURES, *former.INGRESS_QUEUES, *former.ARCHIVE_QUEUES)
}
GOOD, BAD, DIM = "green", "bold red", "dim"
HEAD = "bold"


def page_of(status: Status) -> RenderableType:
    """Return the page: what is wrong, then the replicas, the nodes, the chat, and what waits in queues.

    Args:
        status: How the chat is.
    """
    parts: list[RenderableType] = [_title(status), *_sentence(status), Text("")]
    if status.replicas:
        parts += [_replicas(status), Text("")]
    if status.figures:
        parts += [_nodes(status.figures.nodes), Text(""), _chat(status), Text(""), _queues(status.figures.queues)]
    if status.former_clients:
        parts += [Text(""), _former_clients(status)]
    return Group(*parts)


def fitting(page: RenderableType, console: Console) -> RenderableType:
    """Return a page, or as much of it as the screen can show, with the number of lines that are missing.

    Args:
        page: The page.
        console: The console of the screen.
    """
    lines = console.render_lines(page, pad=False)
    missing = len(lines) - console.height
    if missing <= 0:
        return page
    shown = [segment for line in lines[: console.height - 1] for segment in (*line, Segment.line())]
    return Group(Segments(shown), Text(f"{missing + 1} more lines: make the window higher, or leave out --watch", DIM))


def _title(status: Status) -> Text:
    time = datetime.fromtimestamp(status.at // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    broker = f", RabbitMQ {status.figures.version}" if status.figures else ""
    return Text(f"Tertulia, {time}{broker}", DIM)


def _sentence(status: Status) -> list[Text]:
    if status.well:
        serve = f"{len(status.replicas)} replicas serve" if len(status.replicas) != 1 else "1 replica serves"
        return [Text(f"All is well: {serve}, and nothing is wrong.", GOOD)]
    count = len(status.problems)
    lines = [Text("1 thing is wrong:" if count == 1 else f"{count} things are wrong:", BAD)]
    for problem in status.problems:
        lines += [Text(f"- {safe(problem.text)}.", "red"), Text(f"  See {problem.look}", DIM)]
    return lines


def _table(*columns: str, right: Iterable[int] = (), gap: int = 2) -> Table:
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style=HEAD)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number in right else "left", no_wrap=True, overflow="ellipsis")
    return table


def _replicas(status: Status) -> Table:
    alarm = status.figures is not None and any(node.alarms for node in status.figures.nodes)
    table = _table("SERVICE", "REPLICA", "VERSION", "STATE", "WORK", "REPORT")
    for replica in status.replicas:
        report = "none" if replica.age is None else f"{replica.age:.0f} s ago"
        table.add_row(
            replica.service,
            safe(replica.instance),
            safe(replica.version or "-"),
            _state(replica, alarm),
            work_of(replica),
            report,
        )
    return table


def _state(replica: Replica, alarm: bool) -> Text:
    if replica.connected is False and not replica.fresh:
        return Text("gone", BAD)
    if not replica.fresh and replica.report and alarm:
        return Text("blocked", HEAD)  # a broker in alarm takes no report
    if not replica.fresh:
        return Text("silent", BAD) if replica.report else Text("connected")
    return Text("ready", GOOD) if replica.report.get("ready") else Text("not ready", BAD)


def work_of(replica: Replica) -> str:
    """Return in a few words what a replica does.

    Args:
        replica: The replica.
    """
    if replica.service == "router":
        return f"partitions {ranges(replica.partitions)}" if replica.partitions else "no partition"
    if not replica.report:
        return "-"
    if replica.service == "registry":
        names = replica.report.get("names") or 0
        return "1 name" if names == 1 else f"{names:,} names"
    if replica.report.get("stalled"):
        return "stalled"
    if replica.report.get("writing"):
        return f"records, {behind_seconds(replica):.0f} s behind"
    return "answers"


def _nodes(nodes: Sequence[Node]) -> Table:
    table = _table("NODE", "STATE", "MEMORY", "DISK FREE")
    for node in nodes:
        state = Text("running", GOOD) if node.running else Text("down", BAD)
        if node.alarms:
            state = Text(f"alarm: {', '.join(node.alarms)}", BAD)
        table.add_row(safe(node.name), state, _of(node.memory_used, node.memory_limit), _of(node.disk_free, None))
    return table


def _of(count: int | None, limit: int | None) -> str:
    if count is None:
        return "-"
    return size(count) + (f" of {size(limit)}" if limit is not None else "")


def _chat(status: Status) -> Text:
    """Return the line about people and what is kept."""
    sessions = "-" if status.sessions is None else f"{status.sessions:,}"
    names = "-" if status.names is None else f"{status.names:,}"
    log = "-" if status.log_bytes is None else size(status.log_bytes)
    free = "" if status.log_free_bytes is None else f" ({size(status.log_free_bytes)} free)"
    letters = "-" if status.dead_letters is None else f"{status.dead_letters:,}"
    line = Text()
    for name, value in (
        ("SESSIONS", sessions),
        ("NAMES", names),
        ("LOG.TXT", log + free),
        ("DEAD LETTERS", letters),
    ):
        line.append(f"{name} ", HEAD).append(f"{value}   ")
    return line


def _former_clients(status: Status) -> Text:
    """Return what an operator may end when nobody needs it any more. Nothing is wrong with it."""
    count = status.figures.former_clients if status.figures else 0
    connected = {0: "none is connected", 1: "1 is connected"}.get(count, f"{count:,} are connected")
    return Text(f"Clients of 0.3.0 may log in ({connected}). See docs/how-to/upgrade.md", DIM)


def _queues(queues: Sequence[QueueFigures]) -> Table:
    """Return the queues, and beside them the streams."""
    work = _table("QUEUE", "WAITING", "HELD", "READERS", right=(1, 2, 3), gap=1)
    for queue in together(queues):
        held = f"{queue.unacknowledged:,}"
        work.add_row(queue.name, f"{queue.messages - queue.unacknowledged:,}", held, f"{queue.consumers:,}")
    streams = _table("STREAM", "ENTRIES", "READERS", right=(1, 2), gap=1)
    for queue in queues:
        if queue.kind == "stream":
            streams.add_row(queue.name, f"{queue.messages:,}", f"{queue.consumers:,}")
    both = Table.grid(padding=(0, 2, 0, 0))
    both.add_row(work, streams)
    return both


def together(queues: Sequence[QueueFigures]) -> list[QueueFigures]:
    """Return the queues that are no streams, with those of all partitions as one, and those of former clients as one.

    Args:
        queues: The queues and streams.
    """
    work = [each for each in queues if each.kind != "stream" and not each.name.startswith("router.seat.")]
    posts = [each for each in work if each.name.startswith("router.posts.")]
    old = [each for each in work if each.name in FORMER_QUEUES]
    totals = [_total("router.posts.*", posts), _total("of 0.3.0 clients", old)]
    return [*(each for each in work if each not in (*posts, *old)), *(total for total in totals if total.replicas)]


def _total(name: str, queues: Sequence[QueueFigures]) -> QueueFigures:
    return QueueFigures(
        name=name,
        kind="quorum",
        messages=sum(each.messages for each in queues),
        unacknowledged=sum(each.unacknowledged for each in queues),
        consumers=sum(each.consumers for each in queues),
        replicas=max((each.replicas for each in queues), default=0),
    )
