"""`chat-admin status` on a real broker with real services."""

import json
import os
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from testkit.processes import System
from testkit.wait import until


def monitoring(system: System) -> dict[str, str]:
    """Return the environment of `chat-admin status` for a system."""
    made = urlsplit((system.broker.secrets_dir / "monitor" / "management_url").read_text().strip())
    at = urlsplit(system.broker.management_url)
    management = f"http://{made.username}:{made.password}@{at.hostname}:{at.port}/"
    return {**os.environ, "MONITOR_AMQP_URL": system.url("monitor"), "MANAGEMENT_URL": management}


def status(system: System, *options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "chat_admin", "status", *options]
    done = subprocess.run(command, env=monitoring(system), capture_output=True, text=True, check=False, timeout=10)
    return done.returncode, done.stdout + done.stderr


def seen(system: System) -> dict[str, Any]:
    return dict(json.loads(status(system, "--json")[1]))


def publish_report(system: System, **fields: Any) -> None:
    """Report as a replica does, through the exchange of the reports."""
    with connect(system.url("router"), "test") as connection:
        declare(connection, topology.HEALTH_STREAM)
        report = {"version": 1, "at": time.time_ns() // 1000, "release": "9.9.9", **fields}
        connection.channel().basic_publish_confirm(_message(connection, report), "chat.health", "")


def _message(connection: Any, report: dict[str, Any]) -> Any:
    return connection.channel().prepare_message(json.dumps(report).encode(), properties={"delivery_mode": 2})


def test_status_shows_the_replicas_with_their_partitions_and_the_reason_of_one_that_is_not_ready(
    system: System,
) -> None:
    router = system.all()[1]
    until(lambda: seen(system)["figures"]["active"].keys() == {str(number) for number in range(16)}, 20)

    publish_report(system, service="router", instance="router-9", ready=False, reason="it has no partition")

    until(lambda: "router-9" in {each["instance"] for each in seen(system)["replicas"]}, 20)
    found = seen(system)
    replicas = {each["instance"]: each for each in found["replicas"]}
    assert replicas[router.name]["partitions"] == list(range(16))
    assert replicas[router.name]["connected"]
    assert replicas["router-9"]["version"] == "9.9.9"
    assert "router-9 is not ready: it has no partition" in [each["text"] for each in found["problems"]]
    assert {"room.lobby", "router.ingress.0", "dead-letters"} <= {each["name"] for each in found["figures"]["queues"]}
    code, text = status(system)
    assert code == 1
    assert "partitions 0-15" in text


def test_status_counts_dead_letters_and_says_what_is_missing(system: System) -> None:
    system.started("archive")
    with connect(system.url("archive"), "test") as connection:
        connection.channel().basic_publish_confirm(_message(connection, {}), "chat.dead", "")

    until(lambda: seen(system)["dead_letters"] == 1, 20)

    code, text = status(system)
    assert code == 1
    for words in ("1 dead letter waits for you", "No router is connected", "No registry is connected"):
        assert words in text
