"""An operator sees which parts of the chat fail, and the runbooks end it.

The disk of log.txt is full, a message is dead, the router is paused, and the broker is in alarm. Each is shown by
`chat-admin status`, an alert and the health report within 30 s. The commands of the runbooks end it.
"""

import json
import os
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from testkit.chatter import Chatter
from testkit.guide import commands, with_make
from testkit.local_chat import LocalChat
from testkit.prometheus import Prometheus, broker_metrics, dashboard_expressions, installed, running_prometheus
from testkit.wait import until

SHOWN_SECONDS = 30
ENDED_SECONDS = 30
DISK = "size=3g"  # most of it stays unused memory
OTHER_BYTES = 1_000_000
# A post that no page of a file has room for.
LONG = "x" * 4096
STATUS = "set -a; . .run/admin.env; set +a; .venv/bin/chat-admin status --json"  # docs/how-to/see-how-it-is.md
RABBITMQCTL = commands("alerts/broker-alarm.md", "After `make up`:")
ONLY_IN_4 = {"rabbitmq_unreachable_cluster_peers_count"}  # Debian's RabbitMQ is 3.10
ADMIN = commands("handle-dead-letters.md", "After `make up`:")

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[LocalChat]:
    """Start a chat whose `data` is a small disk, and stop it in the end."""
    if not installed() or os.getuid() != 0:
        warnings.warn("the story needs root, and Prometheus: local/install.sh prometheus", stacklevel=1)
        pytest.skip("the story needs root, and Prometheus: local/install.sh prometheus")
    made = LocalChat(tmp_path / "tree")
    made.copy()
    data = made.tree / "data"
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", data], check=True)
    try:
        made.run("make up")
        yield made
    finally:
        made.run("make down")
        subprocess.run(["umount", data], check=True)


@pytest.fixture
def prometheus(chat: LocalChat) -> Iterator[Prometheus]:
    """Start Prometheus as its page says, and wait until it has all metrics."""
    with running_prometheus(commands("watch-with-prometheus.md", "chat that `make up` started:"), chat.tree) as started:
        until(lambda: set(started.targets().values()) == {"up"}, 30, "Prometheus reads all metrics")
        yield started


def problems(chat: LocalChat) -> list[str]:
    """Return what `chat-admin status` says is wrong."""
    status: dict[str, Any] = json.loads(chat.run(f"{STATUS} || true"))
    return [problem["text"] for problem in status["problems"]]


def health(chat: LocalChat, replica: str) -> str:
    """Return why the health check of a replica fails; nothing if it does not."""
    return chat.run(f"HEALTH_FILE=.run/health/{replica}.json .venv/bin/python -m chat_worker.health 2>&1 || true")


def shown(what: str, begun: float, condition: Callable[[], Any]) -> None:
    """Wait until something shows a fault, at most 30 s from the fault on."""
    until(condition, max(1, begun + SHOWN_SECONDS - time.monotonic()), what)
    print(f"{what}: {time.monotonic() - begun:.1f} s")


def test_each_fault_is_shown_within_30_seconds_and_its_runbook_ends_it(chat: LocalChat, prometheus: Prometheus) -> None:
    ann = chat.person()
    ann.claim("ann")
    ann.post("before")
    until(lambda: chat.recorded() == ["before"])
    assert not problems(chat)
    assert not prometheus.firing()

    full = fill_the_disk(chat, ann)
    dead = time.monotonic()
    ann.publish("chat.members", "", b"nobody reads this")
    ann.confirmed()
    paused = pause_the_router(chat, ann)

    shown("alert of the letter", dead, lambda: "DeadLetters" in prometheus.firing())
    shown("alert of the disk", full, lambda: "ArchiveStalled" in prometheus.firing())
    shown("health of the archive", full, lambda: "No space left" in health(chat, "archive-1"))
    shown("alerts of the router", paused, lambda: {"RouterBacklog", "ReplicaMissing"} <= prometheus.firing().keys())
    shown("health of the router", paused, lambda: "no report for" in health(chat, "router-1"))
    shown("status", paused, lambda: all_in(problems(chat), "No space left", "dead letter", "router-1 is connected"))

    chat.run(commands("alerts/archive-stalled.md", "See the largest files on it:").splitlines()[0])
    (chat.tree / "data/other").unlink()
    chat.run(with_make(commands("alerts/replica-missing.md", "## Let a paused replica go on\n")))
    chat.run(f"{ADMIN}\n{commands('alerts/dead-letters.md', 'ends when the queue is empty:')}")
    until(lambda: chat.recorded() == ["before", LONG, LONG, "while paused"], ENDED_SECONDS, "all is recorded")

    alarm = time.monotonic()
    chat.run(f"{RABBITMQCTL}\nrabbitmqctl set_disk_free_limit 9000GB")
    shown("alert of the alarm", alarm, lambda: "BrokerAlarm" in prometheus.firing())
    shown("health in the alarm", alarm, lambda: "alarm" in health(chat, "router-1"))
    shown("status in the alarm", alarm, lambda: all_in(problems(chat), "The broker is in alarm"))
    chat.run(f"{RABBITMQCTL}\n{commands('alerts/broker-alarm.md', 'to let people chat while you free space:')}")

    until(lambda: prometheus.firing().keys() <= {"DiskFilling"}, ENDED_SECONDS, "no alert fires")
    until(lambda: not health(chat, "router-1") + health(chat, "archive-1"), ENDED_SECONDS, "all are healthy")
    check_the_dashboards(prometheus)


def fill_the_disk(chat: LocalChat, ann: Chatter) -> float:
    """Leave no space on the disk of log.txt, let a person write, and return the time.

    The disk becomes as small as what is on it.
    """
    data = chat.tree / "data"
    (data / "other").write_bytes(bytes(OTHER_BYTES))
    disk = os.statvfs(data)
    used = (disk.f_blocks - disk.f_bfree) * disk.f_bsize
    subprocess.run(["mount", "-o", f"remount,size={used}", data], check=True)
    begun = time.monotonic()
    ann.post(LONG, LONG)
    ann.confirmed()
    until(lambda: "archive.stalled" in (chat.tree / ".run/log/archive-1.log").read_text(), 15, "the archive stalls")
    return begun


def pause_the_router(chat: LocalChat, ann: Chatter) -> float:
    """Pause the router, let a person write, and return the time."""
    chat.run("kill -STOP $(.venv/bin/supervisorctl -c .run/supervisord.conf pid router-1)")
    begun = time.monotonic()
    ann.post("while paused")
    ann.confirmed()
    return begun


def all_in(texts: list[str], *parts: str) -> bool:
    """Return whether each part stands in a text."""
    return all(any(part in text for text in texts) for part in parts)


def check_the_dashboards(prometheus: Prometheus) -> None:
    """Check that RabbitMQ has each of its metrics, and that Prometheus can compute each chart from the real ones."""
    assert broker_metrics() - ONLY_IN_4 <= set(prometheus.ask("label/__name__/values"))
    for expression in dashboard_expressions():
        prometheus.values(expression)
