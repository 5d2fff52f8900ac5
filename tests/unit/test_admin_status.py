"""The faults that `chat-admin status` finds, and its page."""

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console, RenderableType

from chat_admin.diagnosis import problems_of, ranges
from chat_admin.management import _link
from chat_admin.reports import report_in
from chat_admin.sizes import size
from chat_admin.status import Figures, Link, Node, Observed, QueueFigures, Status, replicas_of, status_of
from chat_admin.status_page import fitting, page_of
from chat_wire.limits import PARTITIONS

NOW = 1_796_000_000_000_000
NODE = Node(
    name="rabbit@rabbitmq",
    running=True,
    memory_used=161_000_000,
    memory_limit=6_200_000_000,
    disk_free=35_000_000_000,
    disk_limit=500_000_000,
)
POSTS = [QueueFigures(name=f"router.posts.{number}", kind="quorum", consumers=1) for number in range(PARTITIONS)]
INGRESS = [QueueFigures(name=f"router.ingress.{number}", kind="quorum", consumers=1) for number in range(PARTITIONS)]
QUEUES = [
    *(*POSTS, *INGRESS),
    *(
        QueueFigures(name=name, kind="quorum", consumers=1)
        for name in ("archive.questions", "archive.writer", "registry.requests", "registry.connections")
    ),
    *(
        QueueFigures(name=name, kind="quorum", consumers=1)
        for name in ("archive.queries", "registry.commands", "registry.departures")
    ),
    QueueFigures(name="dead-letters", kind="quorum"),
    *(
        QueueFigures(name=name, kind="stream", messages=1_234_567, consumers=12)
        for name in ("registry.journal", "registry.snapshots", "room.lobby", "sessions.ended", "workers.health")
    ),
]
LINKS = [
    Link(name=f"{service} {what}", service=service, instance=f"{service}-1", version="0.3.0", seconds=100)
    for service in ("archive", "registry", "router")
    for what in ("consuming", "publishing")
]
FIGURES = Figures(
    version="4.3.6",
    nodes=(NODE,),
    queues=tuple(QUEUES),
    links=tuple(LINKS),
    active=dict.fromkeys(range(PARTITIONS), "router consuming"),
    clients=3,
)


def report(service: str, number: int = 1, age: float = 3, **more: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "service": service,
        "instance": f"{service}-{number}",
        "release": "0.3.0",
        "at": NOW - int(age * 1_000_000),
        "ready": True,
        **more,
    }


ARCHIVE: dict[str, Any] = {
    "writing": True,
    "stalled": None,
    "rooms": {"lobby": {"behind_seconds": 0.0}},
    "log_bytes": 35_200_000,
}
REPORTS = (report("archive", **ARCHIVE), report("registry", names=12, connected=3), report("router"))


def observed(*reports: dict[str, Any], figures: Figures | None = FIGURES, **more: Any) -> Observed:
    """Return what a look found: these reports instead of those of the replicas of the same name."""
    all_reports = {(each["service"], each["instance"]): each for each in (*REPORTS, *reports)}
    return Observed(at=NOW, figures=figures, reports=all_reports, **more)


def status(found: Observed) -> Status:
    replicas = replicas_of(found)
    return status_of(found, replicas, problems_of(found, replicas))


def problems(found: Observed) -> list[str]:
    return [f"{problem.text}: {problem.look}" for problem in status(found).problems]


def with_queue(name: str, **changed: Any) -> Figures:
    return replace(
        FIGURES, queues=tuple(replace(each, **changed) if each.name == name else each for each in FIGURES.queues)
    )


def without_consumers(number: int) -> Figures:
    names = (f"router.posts.{number}", f"router.ingress.{number}")
    return replace(
        FIGURES, queues=tuple(replace(each, consumers=0) if each.name in names else each for each in FIGURES.queues)
    )


def with_node(**changed: Any) -> Figures:
    return replace(FIGURES, nodes=(replace(NODE, **changed),))


def without(service: str) -> Observed:
    links = tuple(link for link in FIGURES.links if link.service != service)
    active = {} if service == "router" else FIGURES.active
    return replace(
        observed(figures=replace(FIGURES, links=links, active=active)),
        reports={key: each for key, each in observed().reports.items() if key[0] != service},
    )


def test_a_chat_in_which_everything_works_is_well() -> None:
    found = status(observed())
    assert (found.well, found.problems) == (True, ())
    assert (found.sessions, found.names, found.log_bytes, found.dead_letters) == (3, 12, 35_200_000, 0)


STALLED = report("archive", **{**ARCHIVE, "ready": False, "stalled": "No space left on device", "writing": False})
WRONG = {
    "a disk alarm": (
        observed(figures=with_node(alarms=("disk",), disk_free=48_000_000)),
        ["in alarm", "48 MB", "broker-alarm"],
    ),
    "a memory alarm": (
        observed(figures=with_node(alarms=("memory",), memory_used=6_300_000_000)),
        ["in alarm", "6.3 GB", "6.2 GB", "broker-alarm"],
    ),
    "an alarm that is newer than the figures": (
        observed(figures=with_node(alarms=("disk",))),
        ["in alarm", "rabbit@rabbitmq is short of disk", "broker-alarm"],
    ),
    "a node that is down": (observed(figures=with_node(running=False)), ["rabbit@rabbitmq is down", "broker-down"]),
    "a partition": (observed(figures=with_node(partitions=("rabbit@b",))), ["cut off from rabbit@b", "three-nodes"]),
    "a disk that fills": (observed(figures=with_node(disk_free=700_000_000)), ["700 MB", "disk-filling"]),
    "a queue without a majority": (observed(figures=with_queue("archive.writer", state="minority")), ["minority"]),
    "a stream that lacks a replica": (
        observed(figures=with_queue("room.lobby", replicas=3, online=2)),
        ["room.lobby", "another lost node", "three-nodes"],
    ),
    "a dead letter": (
        observed(figures=with_queue("dead-letters", messages=1)),
        ["1 dead letter waits", "dead-letters"],
    ),
    "posts that wait": (observed(figures=with_queue("router.posts.3", messages=5_000)), ["5,000", "router-backlog"]),
    "commands that wait": (observed(figures=with_queue("registry.commands", messages=5_000)), ["registry.commands"]),
    "a partition without a router": (
        observed(figures=replace(without_consumers(7), active={n: "router consuming" for n in range(16) if n != 7})),
        ["No router has the partitions 7", "router-backlog"],
    ),
    "no router": (without("router"), ["No router is connected", "replica-missing"]),
    "no archive": (without("archive"), ["No archive is connected", "the chat records nothing"]),
    "a stalled archive": (observed(STALLED), ["archive-1 cannot record: No space left on device", "archive-stalled"]),
    "an archive that is behind": (
        observed(report("archive", **{**ARCHIVE, "rooms": {"lobby": {"behind_seconds": 95.0}}})),
        ["95 s behind", "archive-behind"],
    ),
    "archives of which none writes": (
        observed(report("archive", **{**ARCHIVE, "writing": False})),
        ["No archive records", "archive-nobody-writes"],
    ),
    "a full disk of log.txt": (
        observed(report("archive", **ARCHIVE, free_bytes=9_000_000)),
        ["9.0 MB", "disk-filling"],
    ),
    "a replica that is not ready": (
        observed(report("registry", ready=False, reason="no snapshot")),
        ["registry-1 is not ready: no snapshot", "replica-not-ready"],
    ),
    "a paused replica": (observed(report("router", age=40)), ["has not reported for 40 s", "replica-missing"]),
    "a lost replica": (observed(report("router", 2, age=40)), ["router-2 is gone", "replica-missing"]),
    "a management API that refuses": (observed(figures=None, figures_error="refused"), ["No figures", "refused"]),
    "a broker that answers nothing": (
        observed(figures=None, figures_error="refused", reports_error="timed out"),
        ["The broker does not answer", "refused", "timed out", "broker-down"],
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_one_problem_is_told_in_one_sentence_that_says_where_to_look(what: str) -> None:
    found, words = WRONG[what]
    (problem,) = problems(found)
    assert [word for word in words if word not in problem] == []


def test_an_alarm_is_told_once_and_not_for_each_replica_that_it_blocks() -> None:
    blocked = [report(each, ready=False, blocked=True, reason="alarm") for each in ("archive", "registry", "router")]
    assert len(problems(observed(*blocked, figures=with_node(alarms=("disk",))))) == 1


def test_figures_from_before_the_end_of_an_alarm_are_no_problem() -> None:
    assert status(observed(figures=with_node(disk_limit=9_000_000_000_000))).well


def test_a_silent_replica_is_no_problem_of_its_own_while_the_broker_in_alarm_takes_no_reports() -> None:
    old = [report("archive", age=60), report("registry", age=60, names=12), report("router", age=60)]
    found = observed(*old, figures=with_node(alarms=("memory",)))
    assert len(problems(found)) == 1
    text = "\n".join(shown(found))
    assert (text.count("blocked"), text.count("silent"), "NAMES 12" in text) == (3, 0, True)


def test_replicas_of_a_version_that_does_not_report_are_listed_and_no_problem() -> None:
    links = [replace(link, instance=f"{link.service}-old", version=None) for link in LINKS]
    found = status(observed(figures=replace(FIGURES, links=(*LINKS, *links))))
    assert found.well
    assert len(found.replicas) == 6


def test_an_archive_that_does_not_report_may_be_the_writer() -> None:
    old = Link(name="archive-old consuming", service="archive", instance="archive-old", seconds=100)
    found = observed(report("archive", **{**ARCHIVE, "writing": False}), figures=replace(FIGURES, links=(*LINKS, old)))
    assert problems(found) == []


def test_a_replica_is_forgotten_ten_minutes_after_its_last_report() -> None:
    assert status(observed(report("router", 2, age=601))).well
    assert "router-2 is gone" in problems(observed(report("router", 2, age=590)))[0]


@pytest.mark.parametrize("name", ["router my router consuming", "my router publishing"])
def test_a_replica_is_known_by_the_name_of_its_connection_in_this_and_the_version_before(name: str) -> None:
    link = _link({"name": "127.0.0.1:5 -> 127.0.0.1:6", "user": "router", "user_provided_name": name})
    assert link
    assert link.instance == "my router"


def test_a_replica_that_said_that_it_stops_is_not_missing() -> None:
    found = status(observed(report("router", 2, age=40, ready=False, stopped=True)))
    assert (found.well, len(found.replicas)) == (True, 3)


def test_a_replica_that_has_just_reported_serves_before_the_figures_show_its_connection() -> None:
    links = tuple(link for link in LINKS if link.service != "registry")
    assert status(observed(figures=replace(FIGURES, links=links))).well


def test_a_replica_is_not_called_stuck_before_its_first_report_is_due() -> None:
    new = [replace(link, instance="router-2", seconds=5.0) for link in LINKS if link.service == "router"]
    assert status(observed(figures=replace(FIGURES, links=(*LINKS, *new)))).well
    old = [replace(link, seconds=50.0) for link in new]
    (problem,) = problems(observed(figures=replace(FIGURES, links=(*LINKS, *old))))
    assert "router-2 is connected, but has not reported for 50 s" in problem


def shown(found: Observed) -> list[str]:
    console = Console(width=80, height=24, color_system=None, force_terminal=True)
    with console.capture() as capture:
        console.print(page_of(status(found)))
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize(
    "found", [observed(), observed(former_clients=True), observed(figures=with_node(alarms=("disk",)))]
)
def test_the_page_fits_80_by_24_and_says_first_how_it_is(found: Observed) -> None:
    lines = shown(found)
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)
    assert lines[1].startswith("All is well" if status(found).well else "1 thing is wrong")


def test_the_page_shows_replicas_nodes_people_storage_and_what_waits() -> None:
    text = "\n".join(shown(observed(figures=with_queue("router.posts.3", messages=5, unacknowledged=2))))
    for words in (
        "partitions 0-15",
        "records, 0 s behind",
        "12 names",
        "rabbit@rabbitmq",
        "SESSIONS 3",
        "LOG.TXT 35 MB",
        "DEAD LETTERS 0",
        "room.lobby",
        "1,234,567",
    ):
        assert words in text
    (posts,) = (line.split() for line in text.splitlines() if line.startswith("router.posts"))
    assert posts[1:4] == ["3", "2", "16"]


def test_the_page_shows_the_queues_of_clients_of_the_version_before_as_one() -> None:
    text = "\n".join(shown(observed(figures=with_queue("router.ingress.3", messages=5, unacknowledged=2))))
    assert "router.ingress" not in text
    (old,) = (line.split() for line in text.splitlines() if line.startswith("of 0.3.0 clients"))
    assert old[3:6] == ["3", "2", "19"]


@pytest.mark.parametrize(
    ("connected", "says"), [(0, "none is connected"), (1, "1 is connected"), (2, "2 are connected")]
)
def test_the_page_says_that_clients_of_the_version_before_may_log_in_and_that_is_no_problem(
    connected: int, says: str
) -> None:
    found = observed(figures=replace(FIGURES, former_clients=connected), former_clients=True)
    text = "\n".join(shown(found))
    assert f"Clients of 0.3.0 may log in ({says})" in text
    assert status(found).well
    assert "0.3.0 may log in" not in "\n".join(shown(observed()))


def test_control_characters_of_a_report_do_not_reach_the_terminal() -> None:
    text = "\n".join(shown(observed(report("registry", ready=False, reason="\x1b[2J[bold]gone"))))
    assert "\x1b[2J" not in text
    assert "[bold]gone" in text


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"version": 2, "service": "a", "instance": "b", "at": 1}', b"\xff", b"1"]
)
def test_what_is_no_report_of_this_version_is_passed_over(body: bytes) -> None:
    assert report_in(body) is None


def test_ranges_and_sizes_are_short() -> None:
    assert ranges([0, 1, 2, 3, 7, 9, 10]) == "0-3, 7, 9-10"
    assert list(map(size, (0, 999, 1_000, 35_200_000, 9_940_000, 10**13))) == [
        "0 B",
        "999 B",
        "1.0 kB",
        "35 MB",
        "9.9 MB",
        "10 TB",
    ]


def test_a_page_that_is_higher_than_the_screen_says_how_much_is_missing() -> None:
    console = Console(width=80, height=12, file=io.StringIO())
    whole = _lines(console, page_of(status(observed())))
    assert len(whole) > console.height

    shown = _lines(console, fitting(page_of(status(observed())), console))

    assert shown[:-1] == whole[: console.height - 1]
    assert shown[-1] == f"{len(whole) - 11} more lines: make the window higher, or leave out --watch"


def test_a_page_that_fits_is_shown_as_it_is() -> None:
    console = Console(width=80, height=50, file=io.StringIO())
    page = page_of(status(observed()))
    assert fitting(page, console) is page


def _lines(console: Console, page: RenderableType) -> list[str]:
    with console.capture() as captured:
        console.print(page)
    return [line.rstrip() for line in captured.get().splitlines()]
