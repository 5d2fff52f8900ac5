"""Replicas of this version work beside those of the version before, each serving clients of both.

An operator's upgrade is over in seconds. Here both versions run together for longer, and the old ones stop last.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testkit.broker import TestBroker
from testkit.processes import Process, System, system_in
from testkit.rabbitmq import Node, running_node
from testkit.wait import until
from tests.faults.fleet import sources
from tests.upgrade.made import LineClients
from tests.upgrade.traffic import CALM_SECONDS, Upgrade, violations

SERVICES = ("archive", "router", "registry")
STOP_SECONDS = 20

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
        new: list[Process] = []

        def run() -> None:
            _prepared(node, broker.secrets_dir)
            new.extend(_ready(system, service) for service in SERVICES)

        def finish() -> None:
            for process in former:
                _stopped(process)
                time.sleep(CALM_SECONDS)
            assert all(process.ready() for process in new)

        before, after = (LineClients(system, tmp_path / "states", tree) for tree in (old, None))
        report = violations(Upgrade(system, old, before, after, run, finish), tmp_path / "histories", say)
        assert not report, report
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
