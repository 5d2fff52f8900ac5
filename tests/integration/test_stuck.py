"""A worker that is stuck or frozen is ended, and its traceback is in its log. Other processes are not."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from chat_amqp import former
from chat_amqp.connection import connect
from chat_worker.clock import now
from chat_worker.health import problem
from chat_worker.stuck import end_stuck
from testkit.broker import TestBroker
from testkit.wait import until

Worker = tuple["subprocess.Popen[bytes]", Path, Path]


@pytest.fixture
def worker(broker: TestBroker, vhost: str, tmp_path: Path) -> Iterator[Worker]:
    """Yield a worker that is ready, its health file and its log."""
    health, log = tmp_path / "health.json", tmp_path / "log"
    environ = {**os.environ, "AMQP_URL": broker.url("router", vhost), "HEALTH_FILE": str(health)}
    command = [sys.executable, "-c", "import testkit.fragile as f; f.main('chat_fragile', f.build)"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)
    until(lambda: problem(health) is None, 30, "the worker is ready")
    yield process, health, log
    process.kill()
    process.wait(10)


def make_old(health: Path) -> None:
    """Let the last report be older than a minute."""
    health.write_bytes(orjson.dumps({**orjson.loads(health.read_bytes()), "at": now() - 61_000_000}))


def check(health: Path) -> str:
    """Run the check as the container does, and return its complaint."""
    command = [sys.executable, "-m", "chat_worker.health", "--end-stuck"]
    done = subprocess.run(command, env={**os.environ, "HEALTH_FILE": str(health)}, capture_output=True, text=True)
    assert done.returncode == (1 if done.stderr else 0)
    return done.stderr


def test_a_stuck_worker_is_ended_with_its_traceback(broker: TestBroker, vhost: str, worker: Worker) -> None:
    process, health, log = worker
    with connect(broker.url("router", vhost), "test") as connection:
        channel: Any = connection.channel()
        channel.basic_publish(channel.prepare_message(b"stuck"), "", former.ingress(0).name)
    until(lambda: b"fragile.stuck" in log.read_bytes())
    make_old(health)

    assert f"ended process {process.pid}" in check(health)

    assert process.wait(5) == -signal.SIGABRT
    assert "fragile.py" in log.read_text()
    assert "in handle" in log.read_text()


def test_a_frozen_worker_is_killed(worker: Worker) -> None:
    process, health, _log = worker
    process.send_signal(signal.SIGSTOP)
    make_old(health)
    assert f"ended process {process.pid}" in check(health)
    assert process.wait(5) == -signal.SIGKILL


def test_a_worker_that_reports_again_is_not_ended(worker: Worker) -> None:
    process, health, _log = worker
    make_old(health)
    assert check(health) == ""
    assert process.poll() is None


def test_a_process_that_is_no_worker_is_not_ended(tmp_path: Path) -> None:
    health = tmp_path / "health.json"
    with subprocess.Popen(["sleep", "60"]) as other:
        health.write_bytes(orjson.dumps({"at": now() - 61_000_000, "pid": other.pid, "ready": True}))
        assert end_stuck(health) is None
        assert other.poll() is None
        other.kill()


def test_the_check_without_a_report_ends_nothing(tmp_path: Path) -> None:
    assert end_stuck(tmp_path / "health.json") is None
