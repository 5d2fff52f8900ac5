"""Logs on stdout: one JSON object on each line; a failure to write one does not stop the work."""

import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

CODE = """
import logging, structlog
from chat_worker import log
log.configure("router", "router-1", "INFO")
structlog.get_logger().info("batch.published", room="lobby")
structlog.get_logger().debug("never.seen")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger().exception("worker.crashed")
logging.getLogger("kombu").warning("of a %s", "library")
"""


def test_lines_of_services_and_libraries_have_one_form() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, check=True)

    ours, crashed, theirs = map(orjson.loads, done.stdout.splitlines())
    assert list(ours)[:5] == ["timestamp", "level", "event", "service", "instance"]
    assert (ours["level"], ours["event"], ours["room"]) == ("info", "batch.published", "lobby")
    assert (ours["service"], ours["instance"]) == ("router", "router-1")
    assert (crashed["level"], "ZeroDivisionError" in crashed["exception"]) == ("error", True)
    assert (theirs["level"], theirs["event"], theirs["service"]) == ("warning", "of a library", "router")


def test_a_traceback_on_a_terminal_shows_no_values_of_variables() -> None:
    code = """
import sys, structlog
sys.stdout.isatty = lambda: True
from chat_worker import log
log.configure("router", "router-1", "INFO")
def handle(token):
    raise ZeroDivisionError
try:
    handle("".join(["sec", "ret"]))
except ZeroDivisionError:
    structlog.get_logger().exception("worker.crashed")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert b"ZeroDivisionError" in done.stdout
    assert b"secret" not in done.stdout


@pytest.mark.parametrize("at_terminal", [True, False])
def test_no_text_of_a_client_acts_on_a_terminal(at_terminal: bool) -> None:
    code = f"""
import sys, structlog
sys.stdout.isatty = lambda: {at_terminal}
from chat_worker import log
log.configure("router", "router-1", "INFO")
structlog.get_logger().info("posts.refused", error="\\x1b[2J\\x9b2J\\u202eabc\\U000e0061")
"""
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, check=True)

    assert "[2J" in done.stdout.decode()
    assert not re.search("\x1b\\[2J|[\x80-\x9f\u202e\U000e0061]", done.stdout.decode())


def test_a_poison_probe_logs_the_crash_and_nothing_else() -> None:
    code = """
import structlog
from chat_worker import log, poison_probe
from chat_worker.delivery import Delivery, Source
log.configure("router", "router-1", "INFO")
def handle(deliveries):
    structlog.get_logger().error("posts.refused")
    raise ZeroDivisionError
poison = Delivery(body=b"", queue="q", exchange="", routing_key="", reply_to=None, offset=None, redelivered=True,
                  headers={"x-delivery-count": poison_probe.SUSPECT_AFTER})
list(poison_probe.handle(Source(queue="q", handle=handle), [poison]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    lines = list(map(orjson.loads, done.stdout.splitlines()))
    assert "delivery.fatal" in {line["event"] for line in lines}
    assert "posts.refused" not in {line["event"] for line in lines}


def test_a_full_disk_loses_lines_and_does_not_stop_the_work() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([sys.executable, "-c", CODE], stdout=full, check=False)

    assert done.returncode in (0, 120)  # 120: Python could not flush stdout at its end
