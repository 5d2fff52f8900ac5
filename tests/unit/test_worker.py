"""Parts of the runtime: health, logs, signals, revoked sessions."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest
from structlog.testing import capture_logs

from chat_wire.codec import encode
from chat_wire.errors import InvalidToken
from chat_wire.messages import Marker, SessionEnded
from chat_wire.settings import InvalidSetting
from chat_worker import health, report_file
from chat_worker.clock import now
from chat_worker.delivery import Delivery, Source, from_message
from chat_worker.revoked import SWEEP_FROM, RevokedSessions
from chat_worker.settings import worker_settings
from chat_worker.signals import stop_requested

HOUR = 3_600_000_000
LIBRARIES = {"PYTHONPATH": os.pathsep.join(sys.path)}


def test_a_worker_that_reports_and_is_ready_is_healthy(tmp_path: Path) -> None:
    report_file.write(tmp_path / "health.json", {"ready": True})
    assert health.problem(tmp_path / "health.json") is None


def test_a_worker_that_is_missing_stuck_or_not_ready_is_unhealthy(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    assert "has not started yet" in str(health.problem(path))
    report_file.write(path, {"ready": False})
    assert "not ready" in str(health.problem(path))
    path.write_bytes(orjson.dumps({"at": now() - 16_000_000, "ready": True}))
    assert "no report for 16 s" in str(health.problem(path))
    path.write_bytes(orjson.dumps({"at": now() + 3_600_000_000, "ready": True}))
    assert "no report for 3600 s" in str(health.problem(path))


def test_the_health_check_gives_the_reason_on_stderr(tmp_path: Path) -> None:
    environ = {**os.environ, "HEALTH_FILE": str(tmp_path / "health.json")}
    command = [sys.executable, "-m", "chat_worker.health"]
    failed = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (failed.returncode, "has not started yet" in failed.stderr) == (1, True)
    report_file.write(tmp_path / "health.json", {"ready": True})
    assert subprocess.run(command, env=environ, check=False).returncode == 0


def test_the_health_check_imports_no_heavy_library() -> None:
    """Each container runs it every 5 s."""
    program = "import sys, chat_worker.health; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, env=LIBRARIES)
    assert "chat_worker.health" in done.stdout.split(), done.stderr
    assert {"amqp", "kombu", "orjson", "prometheus_client", "structlog"}.isdisjoint(done.stdout.split())


def test_a_failure_to_write_the_report_is_logged_and_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "not there" / "health.json"
    with capture_logs() as logged_lines:
        report_file.write(path, {"ready": True})
    assert [(line["event"], line["path"]) for line in logged_lines] == [("health.not_written", str(path))]


def test_a_report_never_replaces_a_device() -> None:
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


def test_a_log_line_is_a_json_object_with_time_level_event_service_and_instance() -> None:
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


def test_a_log_line_holds_the_traceback() -> None:
    line = logged('try: 1 / 0\nexcept ZeroDivisionError: structlog.get_logger().exception("worker.crashed")')
    assert "ZeroDivisionError" in str(line["exception"])


def test_the_first_signal_asks_to_stop_and_the_second_ends_the_process() -> None:
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


def test_a_service_is_ready_once_it_knows_every_ended_session() -> None:
    ready: list[bool] = []
    revoked = RevokedSessions("me", on_ready=lambda: ready.append(True))
    over = SessionEnded(session="s1", expires=now() + HOUR, reason="exited")
    revoked.handle(delivered(over, Marker(origin="another")))
    assert not ready
    revoked.handle(delivered(Marker(origin="me")))
    assert ready == [True]
    revoked.check("s2")
    with pytest.raises(InvalidToken, match="this session has ended"):
        revoked.check("s1")


def test_ended_sessions_are_forgotten_a_while_after_their_tokens_whatever_those_last() -> None:
    revoked = RevokedSessions("me", on_ready=lambda: None)
    over = [SessionEnded(session=f"over {n}", expires=now() - HOUR, reason="exited") for n in range(SWEEP_FROM)]
    lasting = SessionEnded(session="lasting", expires=now() + HOUR, reason="exited")
    late = SessionEnded(session="late", expires=now() - 1, reason="exited")
    revoked.handle(delivered(lasting, late, *over))
    revoked.check("over 0")
    for session in ("lasting", "late"):
        with pytest.raises(InvalidToken):
            revoked.check(session)


def test_an_entry_that_is_not_valid_goes_to_dead_letters() -> None:
    (kept,) = RevokedSessions("me", on_ready=lambda: None).handle(delivered(b"garbage"))
    assert (kept.exchange, kept.headers["reason"], kept.body) == ("chat.dead", "undecodable", b"garbage")


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"claim","secret":"s3cret","name":"a\\"b"}',
        b'{ "secret" : "s3cret" , "token" : "s3cret" }',
        b'{"token":"a \\"s3cret',
    ],
)
def test_a_dead_letter_holds_no_secret(body: bytes) -> None:
    (letter,) = RevokedSessions("me", on_ready=lambda: None).handle(delivered(body))
    assert b"s3cret" not in letter.body
    assert letter.body.replace(b"***", b"") != b""


def test_a_sender_is_not_what_a_header_says_unless_an_operator_sends_again() -> None:
    def sender(user: str | None) -> str | None:
        properties = {"user_id": user, "application_headers": {"sender": "s1"}}
        info = {"exchange": "", "routing_key": "", "redelivered": False}
        message = SimpleNamespace(properties=properties, delivery_info=info, body=b"")
        return from_message(Source(queue="q", handle=lambda _: []), message, 0).user_id

    assert [sender("admin"), sender("s2"), sender(None)] == ["s1", "s2", None]
