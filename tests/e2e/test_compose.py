"""The real compose.yaml on a real Docker engine, and how-to pages followed as they stand there.

Runs only with TEST_COMPOSE=1, as it builds images. If the image of Prometheus is missing, as on a machine that
cannot pull it, a stand-in with Debian's takes its place.
"""

import json
import os
import re
import subprocess
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pexpect
import pytest

from testkit.compose import ROOT, Project, docker, said_in, talking, texts_of
from testkit.metrics import free_port
from testkit.prometheus import Prometheus, broker_metrics
from testkit.rabbitmq import free_ports
from testkit.wait import until

CHAT = Project("chat-test")
WATCHED = Project(CHAT.name, ("compose.yaml", "compose.observability.yaml"))
FEW = {"registry": 1, "router": 1, "archive": 1}
MANY = {"registry": 2, "router": 3, "archive": 2}

# Publishes what no service can read, with nobody to answer.
UNREADABLE = """
import os, pathlib
from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
connection = connect(pathlib.Path(os.environ["AMQP_URL_FILE"]).read_text().strip(), "test")
publisher = Publisher(connection.channel())
publisher.publish(Publication(exchange="chat.entrance", routing_key="", body=b"nonsense"))
while publisher.unconfirmed:
    connection.drain_events(timeout=10)
"""

pytestmark = [
    pytest.mark.skipif("TEST_COMPOSE" not in os.environ, reason="TEST_COMPOSE is not set"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module", autouse=True)
def running() -> Iterator[None]:
    """Start the system with one replica of each service, and remove it in the end."""
    with stand_in_for_prometheus() as image, WATCHED.removed_at_end(), CHAT.running(FEW):
        assert image.wait() == 0
        yield


def stand_in_for_prometheus() -> "subprocess.Popen[bytes]":
    """Build the stand-in if the image is missing, beside the start of the system."""
    (image,) = re.findall(r"image: (prom/\S+)", (ROOT / WATCHED.files[1]).read_text())
    found = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False)
    build = ["docker", "build", "--quiet", "--tag", image, str(ROOT / "testkit/prometheus-image")]
    return subprocess.Popen(build if found.returncode else ["true"], stdout=subprocess.DEVNULL)


def run_by_hand(before: str) -> "pexpect.spawn[str]":
    """Run the client as the guide says without Compose, as the line client."""
    script = CHAT.script("use-the-client.md", before).replace(
        f"{CHAT.name}-client chat", f"{CHAT.name}-client chat --plain"
    )
    environ = {**os.environ, "COMPOSE_PROJECT_NAME": CHAT.name}
    return pexpect.spawn("sh", ["-e", "-u", "-c", script], cwd=ROOT, env=environ, encoding="utf-8", timeout=300)


def handle_letters(before: str, identity: str = "", only: str = "") -> str:
    """Run the commands of the guide for dead letters, or those that have a word, and return their output."""
    page = "handle-dead-letters.md"
    commands = CHAT.script(page, before, {"ID": identity}).splitlines()
    script = "\n".join([CHAT.script(page, "With Docker:"), *(each for each in commands if only in each)])
    environ = {**os.environ, "COMPOSE_PROJECT_NAME": CHAT.name}
    command = ["sh", "-e", "-u", "-c", script]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True).stdout


def overview(address: str, port: int) -> dict[str, object]:
    """Return the overview of the management API on a port of this machine, with the user in an address."""
    parts = urlsplit(address.strip())
    login = b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/overview", headers={"Authorization": f"Basic {login}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.load(answer))


def test_two_people_read_each_other() -> None:
    # given
    alice, bob = CHAT.enter("ana", "alice"), CHAT.enter("bo", "bob")

    # when
    alice.sendline("hola bob")
    bob.expect("alice: hola bob")
    bob.sendline("hola alice")
    alice.expect("bob: hola alice")

    # then
    until(lambda: CHAT.transcript() == [("alice", "hola bob"), ("bob", "hola alice")], 30, "log.txt has both")
    alice.sendline("/users")
    alice.expect("alice, bob")
    for chat in (alice, bob):
        chat.sendline("/exit")
        chat.expect(pexpect.EOF)
        chat.close()
        assert chat.exitstatus == 0


def test_scaling_up_and_down_under_load_loses_and_repeats_nothing(tmp_path: Path) -> None:
    # given
    before = len(CHAT.transcript())
    heard = tmp_path / "listener"
    listener, writer = CHAT.client("listener", heard), CHAT.client("writer", tmp_path / "writer")

    # when
    with talking(writer, 0.01) as said:
        CHAT.scale(MANY, "--no-recreate")
        CHAT.scale(FEW, "--no-recreate")

    # then
    assert writer.wait(120) == 0
    until(lambda: len(texts_of("writer", said_in(heard))) >= len(said), 60, "the listener has all lines")
    until(lambda: len(CHAT.transcript()) - before >= len(said), 60, "log.txt has all lines")
    assert texts_of("writer", said_in(heard)) == said
    assert CHAT.transcript()[before:] == [("writer", text) for text in said]
    listener.communicate(timeout=60)
    assert listener.returncode == 0


def test_the_log_of_the_broker_is_json_but_for_its_first_lines() -> None:
    lines = CHAT.run("logs", "--no-log-prefix", "rabbitmq").splitlines()

    levels = [json.loads(line)["level"] for line in lines if line.startswith("{")]
    assert len(levels) > 50
    assert not [line for line in lines[50:] if not line.startswith(("{", " completed with"))]


def test_an_operator_frees_the_name_of_a_client_that_runs_without_compose() -> None:
    cy = run_by_hand("here\n`cy`:")
    cy.expect("name: ")
    cy.sendline("cy")
    cy.expect("you are cy")

    CHAT.guide("free-a-name.md", "In Docker:", {"NAME": "cy"})

    cy.expect("released")
    cy.expect(pexpect.EOF)
    again = run_by_hand("you can pass its content as `AMQP_URL`:")
    again.expect("name: ")
    again.sendline("cy")
    again.expect("you are cy")
    again.sendline("/quit")
    again.expect(pexpect.EOF)


def test_an_operator_lists_shows_and_drops_a_dead_letter() -> None:
    CHAT.run("run", "--rm", "-T", "client", "python", "-c", UNREADABLE)

    (letter,) = until(lambda: handle_letters("List the letters:").splitlines(), 60, "the letter is listed")
    identity = letter.split()[0]
    shown = handle_letters("Show one.", identity)
    handle_letters("Send it again to the queue it came from, or drop it.", identity, only="drop")

    assert "registry.requests" in letter
    assert shown.startswith(f"id: {identity}")
    assert not handle_letters("List the letters:")


def test_an_operator_sees_that_all_is_well() -> None:
    command = CHAT.command("run", "--rm", "-T", "admin", "status")

    def well() -> bool:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode == 0 and "All is well" in done.stdout

    until(well, 30, "all is well")


def test_a_start_with_other_settings_keeps_the_people_and_the_broker_and_changes_the_policies() -> None:
    # given
    carla = CHAT.enter("carla", "carla")
    broker = CHAT.started("rabbitmq")

    # when
    CHAT.run("up", "--detach", "--wait", ROOM_MAX_AGE="90D")

    # then
    assert '"max-age":"90D"' in CHAT.run("exec", "-T", "rabbitmq", "rabbitmqctl", "-q", "list_policies")
    assert CHAT.started("rabbitmq") == broker
    carla.sendline("still here")
    carla.expect("carla: still here")
    carla.close(force=True)


def test_a_client_in_a_shell_without_the_settings_changes_nothing_and_is_the_same_person() -> None:
    # given
    carla = CHAT.enter("carla", "carla")
    CHAT.kill_clients()
    carla.expect(pexpect.EOF)
    running = CHAT.started()

    # when
    again = CHAT.enter("carla", "carla", AMQP_PORT="5999", LOG_LEVEL="DEBUG", ROUTER_REPLICAS="2")

    # then
    assert CHAT.started() == running
    again.close(force=True)


def test_prometheus_finds_all_replicas_and_rabbitmq_and_its_alerts_are_quiet() -> None:
    # given
    port = free_port()

    # when
    WATCHED.run("up", "--detach", "--no-deps", "prometheus", PROMETHEUS_PORT=str(port))

    # then
    prometheus = Prometheus(port)
    jobs = {"services": 3, "broker": 1, "queues": 1}
    up = 'count by (job) (up{job=~"services|broker|queues"} == 1)'
    until(lambda: counted(prometheus, up) == jobs, 60, "Prometheus reads the metrics of all")
    until(lambda: broker_metrics() <= set(prometheus.ask("label/__name__/values")), 30, "RabbitMQ has all that is used")
    until(lambda: not others_than("DiskFilling", prometheus.ask("alerts")["alerts"]), 30, "no alert is pending")


def others_than(name: str, alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the alerts of other names: the test does not decide how full the disk of the machine is."""
    return [alert for alert in alerts if alert["labels"]["alertname"] != name]


def counted(prometheus: Prometheus, expression: str) -> dict[str, int]:
    """Return the numbers that an expression gives for each job; nothing while Prometheus does not answer."""
    try:
        return {each["metric"]["job"]: int(each["value"][1]) for each in prometheus.values(expression)}
    except OSError:
        return {}


def test_no_container_and_no_image_shows_a_secret() -> None:
    # given
    volumes = docker("volume", "ls", "--quiet", f"--filter=name=^{CHAT.name}_.*-secrets$")
    mounted = [f"--volume={volume}:/{volume}:ro" for volume in volumes]
    read = "for file in /*-secrets/*url /*-secrets/erlang_cookie /*-secrets/token_private_key; do cat $file; echo; done"
    lines = docker("run", "--rm", "--user=root", *mounted, f"{CHAT.name}-admin", "sh", "-c", read)
    found = {
        line.split(":")[2].split("@")[0] if "://" in line else line for line in lines if line and "-----" not in line
    }
    assert len(found) == 6 + 1 + 1, "the passwords of six users, the cookie and the key"

    # when
    containers = CHAT.run("ps", "--all", "--quiet").split()
    images = set(docker("inspect", "--format={{.Image}}", *containers))
    shown = [*docker("inspect", *containers), *docker("image", "inspect", *images)]
    shown += [line for image in images for line in docker("history", "--no-trunc", image)]
    shown += [line for each in CHAT.run("ps", "--quiet").split() for line in docker("top", each, "-o", "pid,args")]

    # then
    assert any("chat_registry" in line for line in shown)
    assert not [secret for secret in found if any(secret in line for line in shown)]


def test_docker_starts_a_stuck_worker_again() -> None:
    # given
    before = CHAT.started("archive")
    freeze = """import json, os, signal
with open("/tmp/health.json") as file:
    report = json.load(file)
os.kill(report["pid"], signal.SIGSTOP)
with open("/tmp/health.json", "w") as file:
    json.dump({**report, "at": report["at"] - 61_000_000}, file)"""

    # when
    CHAT.run("exec", "-T", "archive", "python", "-c", freeze)

    # then
    until(lambda: CHAT.started("archive") != before, 60, "the archive was started again")
    until(lambda: CHAT.run("ps", "--format={{.Health}}", "archive").strip() == "healthy", 60, "the archive is healthy")


def test_changed_passwords_and_the_management_ui_work() -> None:
    page, port = "change-passwords-and-keys.md", free_ports()
    secret = ("run", "--rm", "--entrypoint", "cat", "client", "/secrets/client/amqp_url")
    before = CHAT.run(*secret)

    CHAT.guide(page, "is the file `amqp_url` in the volume `tertulia_USER-secrets`:", MANAGEMENT_PORT=str(port))

    address = CHAT.guide(
        "open-the-management-ui.md", "Print the address within the containers, with user and password:"
    )
    until(lambda: overview(address, port)["rabbitmq_version"], 60, "the management UI answers monitor")
    assert CHAT.run(*secret) != before
    ana = CHAT.enter("ana", "ana")
    ana.close(force=True)
