"""Replicas of this version work beside those of the version before, each serving clients of both.

An operator's upgrade is over in seconds. Here both versions run together for longer, and the old ones stop last.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chat_wire.messages import Exited, Granted, SessionEnded
from testkit.broker import TestBroker
from testkit.chatter import Chatter
from testkit.former import FormerChatter
from testkit.processes import Process, System, system_in
from testkit.rabbitmq import Node, running_node
from testkit.wait import until
from tests.faults.checker import render
from tests.faults.fleet import Fleet, sources
from tests.faults.run import judge, play
from tests.upgrade import previous
from tests.upgrade.traffic import CALM_SECONDS, LOAD, NEW_CLIENTS, OLD_CLIENTS

SERVICES = ("archive", "router", "registry")
STOP_SECONDS = 20
NAME = "ana"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """Start a RabbitMQ node of its own: the definitions of the version before must not reach other tests."""
    (tmp_path / "node").mkdir()
    with running_node(tmp_path / "node") as started:
        yield started


def test_old_and_new_replicas_serve_old_and_new_clients(
    node: Node, old: Path, tmp_path: Path, say: Callable[[str], None]
) -> None:
    broker = _prepared(node, tmp_path / "secrets", old)
    (tmp_path / "system").mkdir()
    with system_in(broker, "/", tmp_path / "system") as system:
        former = [_ready(system, service, old) for service in SERVICES]
        ana = FormerChatter(system.url("client"))
        assert isinstance(ana.claim(NAME), Granted)
        histories: list[Path] = []

        def meanwhile(fleet: Fleet) -> None:
            histories.extend(each.log.with_suffix(".jsonl") for each in fleet.start(OLD_CLIENTS, old))
            _prepared(node, broker.secrets_dir)
            new = [_ready(system, service) for service in SERVICES]
            fleet.start(NEW_CLIENTS)
            _takes_over(system, ana)
            time.sleep(2 * CALM_SECONDS)
            for process in former:
                _stopped(process)
                time.sleep(CALM_SECONDS / 2)
            assert all(process.ready() for process in new)

        directory = tmp_path / "histories"
        play(system, LOAD, directory, meanwhile)
        for history in histories:
            previous.translate(history)
        report = judge(system, LOAD, directory)
        assert not report.violations, render(report)
        say(f"{report.outcomes}")
        assert not [line for process in system.processes for line in process.lines("worker.crashed")]


def _prepared(node: Node, secrets: Path, tree: Path | None = None) -> TestBroker:
    """Prepare the broker as `init` and `prepare` of a version do."""
    init = [sys.executable, "-m", "chat_admin", "init", str(secrets)]
    subprocess.run(init, env={**os.environ, **sources(tree)}, check=True)
    if tree is None:
        return node.broker(secrets)
    at = f"guest:guest@{node.address}"
    broker = TestBroker(f"amqp://{at}:{node.port}/", f"http://{at}:{node.port + 1}", secrets)
    broker.import_definitions()
    return broker


def _ready(system: System, service: str, tree: Path | None = None) -> Process:
    """Start a replica, and wait until it is ready."""
    process = system.start(service, 1, **sources(tree))
    until(process.ready, 60, f"{process.name} is ready")
    return process


def _stopped(process: Process) -> None:
    process.send(signal.SIGTERM)
    status = process.popen.wait(STOP_SECONDS)
    assert status == 0, f"{process.name} exited with status {status} after SIGTERM"


def _takes_over(system: System, ana: FormerChatter) -> None:
    """Check that only a new client of the same person can have the name of a client of the version before."""
    with closing(Chatter(system.url("client"))) as stranger:
        refused = stranger.claim(NAME)
        assert refused.reason == "name_taken"
    with closing(Chatter(system.url("client"), ana.secret)) as again:
        assert isinstance(again.claim(NAME), Granted)
        ana.hear(lambda: any(isinstance(reply, SessionEnded) and reply.reason == "taken" for reply in ana.replies))
        assert isinstance(again.exit(), Exited)
