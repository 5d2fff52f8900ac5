"""What the runtime brings along: health, logs, signals, the view of ended sessions."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from structlog.testing import capture_logs

from chat_wire.codec import encode
from chat_wire.errors import InvalidToken
from chat_wire.messages import Marker, SessionEnded
from chat_wire.settings import InvalidSetting
from chat_worker import health
from chat_worker.clock import now
from chat_worker.delivery import Delivery
from chat_worker.revoked import RevokedSessions
from chat_worker.settings import worker_settings
from chat_worker.signals import stop_requested

HOUR = 3_600_000_000


def test_a_worker_that_reports_and_is_ready_is_well(tmp_path: Path) -> None:
    health.report(tmp_path / "health.json", {"ready": True})
    assert health.problem(tmp_path / "health.json") is None


def test_a_worker_that_is_not_there_stuck_or_not_ready_is_not_well(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    assert "has not connected yet" in str(health.problem(path))
    health.report(path, {"ready": False})
    assert "not ready" in str(health.problem(path))
    path.write_bytes(orjson.dumps({"at": now() - 16_000_000, "ready": True}))
    assert "no report for 16 s" in str(health.problem(path))
    path.write_bytes(orjson.dumps({"at": now() + 3_600_000_000, "ready": True}))
    assert "no report for 3600 s" in str(health.problem(path))


def test_the_health_command_says_why_on_stderr(tmp_path: Path) -> None:
    environ = {**os.environ, "HEALTH_FILE": str(tmp_path / "health.json")}
    command = [sys.executable, "-m", "chat_worker.health"]
    failed = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (failed.returncode, "has not connected yet" in failed.stderr) == (1, True)
    health.report(tmp_path / "health.json", {"ready": True})
    assert subprocess.run(command, env=environ, check=False).returncode == 0


def test_a_report_that_cannot_be_written_stops_nothing_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "not there" / "health.json"
    with capture_logs() as told:
        health.report(path, {"ready": True})
    assert [(line["event"], line["path"]) for line in told] == [("health.not_written", str(path))]


def test_a_report_never_takes_the_place_of_a_device() -> None:
    with pytest.raises(InvalidSetting, match="HEALTH_FILE is /dev/null"):
        worker_settings({"AMQP_URL": "amqp://", "HEALTH_FILE": "/dev/null"}, "router")


def logged(statement: str) -> dict[str, object]:
    program = f"""
import logging, structlog
from chat_worker.log import configure
configure("router", "router-1", "INFO")
{statement}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    (line,) = done.stdout.splitlines()
    return dict(orjson.loads(line))


def test_a_log_line_is_a_json_object_with_who_when_and_what() -> None:
    line = logged('structlog.get_logger().info("session.claimed", user="bob", session="s1")')
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "level": "info",
        "event": "session.claimed",
        "service": "router",
        "instance": "router-1",
        "user": "bob",
        "session": "s1",
    }


def test_a_library_logs_in_the_same_form() -> None:
    line = logged('logging.getLogger("kombu").warning("it %s", "broke")')
    assert (line["event"], line["level"], line["service"]) == ("it broke", "warning", "router")


def test_a_traceback_is_in_the_line() -> None:
    line = logged('try: 1 / 0\nexcept ZeroDivisionError: structlog.get_logger().exception("worker.crashed")')
    assert "ZeroDivisionError" in str(line["exception"])


def test_the_first_signal_asks_to_stop_and_the_second_is_not_caught() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_requested() as stopping:
        assert not stopping.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.wait(5)
        assert signal.getsignal(signal.SIGTERM) == before
    assert signal.getsignal(signal.SIGTERM) == before


def delivered(*messages: SessionEnded | Marker | bytes) -> list[Delivery]:
    bodies = [message if isinstance(message, bytes) else encode(message) for message in messages]
    return [
        Delivery(
            body=body,
            queue="sessions.ended",
            exchange="chat.sessions",
            routing_key="",
            reply_to=None,
            headers={},
            offset=offset,
            redelivered=False,
        )
        for offset, body in enumerate(bodies)
    ]


def test_tokens_are_checked_only_when_all_that_ended_is_known() -> None:
    ready: list[bool] = []
    ended = RevokedSessions("me", on_ready=lambda: ready.append(True))
    over = SessionEnded(session="s1", expires=now() + HOUR, reason="exited")
    ended.handle(delivered(over, Marker(origin="another")))
    assert not ready
    ended.handle(delivered(Marker(origin="me")))
    assert ready == [True]
    ended.check("s2")
    with pytest.raises(InvalidToken, match="this session has ended"):
        ended.check("s1")


def test_an_ended_session_is_forgotten_when_its_tokens_have_expired() -> None:
    ended = RevokedSessions("me", on_ready=lambda: None)
    ended.handle(delivered(SessionEnded(session="s1", expires=now() - 1, reason="exited")))
    ended.check("s1")


def test_what_is_no_entry_is_kept_in_dead_letters() -> None:
    (kept,) = RevokedSessions("me", on_ready=lambda: None).handle(delivered(b"garbage"))
    assert (kept.exchange, kept.headers["reason"], kept.body) == ("chat.dead", "undecodable", b"garbage")
