"""`chat-admin` answers within 10 s with a true sentence: in an alarm, without a service, without a broker."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from testkit.processes import System, system_in
from testkit.rabbitmq import Node, running_node
from testkit.wait import until

ANSWER_SECONDS = 10
LINE = (
    b'{"server_ts":"2023-11-14T22:13:20.000000Z","client_ts":"2023-11-14T22:13:20.000000Z","room":"lobby","user":"ann",'
    b'"text":"hi","id":"s0-1","author":"' + b"a" * 64 + b'","offset":0,"index":0}\n'
)
COMMANDS: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "release": ("release", "ann"),
    "export": ("export",),
    "import": ("import", "-"),
    "list": ("dead-letters", "list"),
    "show": ("dead-letters", "show", "x"),
    "replay": ("dead-letters", "replay", "--all"),
    "drop": ("dead-letters", "drop", "x"),
}


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    status: int
    seconds: float
    text: str


def answers(environ: Mapping[str, str], *names: str) -> dict[str, Answer]:
    """Run commands at the same time, and return how each ended; raises TimeoutExpired if one does not end."""
    begun = time.monotonic()
    running = {name: _start(environ, *COMMANDS[name]) for name in names}
    found: dict[str, Answer] = {}

    def ended() -> bool:
        for name in running.keys() - found.keys():
            if running[name].poll() is not None:
                found[name] = Answer(running[name].returncode, time.monotonic() - begun, _said(running[name]))
        return len(found) == len(running)

    try:
        until(ended, 2 * ANSWER_SECONDS, f"all of {names} have ended")
    finally:
        for process in running.values():
            process.kill()
            process.communicate()
    assert {name: answer.seconds for name, answer in found.items() if answer.seconds > ANSWER_SECONDS} == {}
    return found


def _start(environ: Mapping[str, str], *arguments: str) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-m", "chat_admin", *arguments],
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdin
    process.stdin.write(LINE)
    process.stdin.close()
    process.stdin = None
    return process


def _said(process: "subprocess.Popen[bytes]") -> str:
    assert process.stdout
    return process.stdout.read().decode()


def urls_at(port: int, *hosts: str) -> dict[str, str]:
    amqp = ";".join(f"amqp://u:p@{host}:{port}/" for host in hosts)
    management = ";".join(f"http://u:p@{host}:{port}/" for host in hosts)
    return {"AMQP_URL": amqp, "MONITOR_AMQP_URL": amqp, "MANAGEMENT_URL": management}


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Yield a port that accepts connections and says nothing, as a frozen broker does."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        yield server.getsockname()[1]


def test_without_a_broker_every_command_says_that_it_does_not_answer() -> None:
    for name, answer in answers(urls_at(1, "127.0.0.1"), *COMMANDS).items():
        assert (answer.status, "not answer" in answer.text) == (2, True), (name, answer)


def test_three_frozen_nodes_hold_no_command_longer_than_one(silent_port: int) -> None:
    environ = urls_at(silent_port, "127.0.0.1", "127.0.0.2", "127.0.0.3")
    for name, answer in answers(environ, "status", "release", "list").items():
        assert (answer.status, "not answer" in answer.text) == (2, True), (name, answer)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running_node(tmp_path_factory.mktemp("node")) as started:
        yield started


@pytest.fixture
def own(node: Node, secrets_dir: Path, tmp_path: Path) -> Iterator[System]:
    """Yield a system without processes on a node of its own."""
    with system_in(node.broker(secrets_dir), "/", tmp_path) as system:
        yield system


def admin(system: System) -> dict[str, str]:
    return {"AMQP_URL": system.url("admin")}


def test_without_services_a_question_says_who_does_not_answer(own: System) -> None:
    never = answers(admin(own), "release", "export")
    assert "the registry has never run" in never["release"].text
    assert "the archive has never run" in never["export"].text

    for service in ("registry", "archive"):
        own.started(service).kill()
    found = answers(admin(own), "release", "export", "import")

    assert {answer.status for answer in found.values()} == {2}
    assert "no registry answered" in found["release"].text
    assert "takes effect when one runs" in found["release"].text
    assert "no archive answered" in found["export"].text
    assert "no archive answered" in found["import"].text


@pytest.fixture
def alarm(node: Node) -> Iterator[Callable[[], None]]:
    """Yield a function that puts the broker in alarm, and end the alarm."""

    def begin() -> None:
        node.rabbitmqctl("set_disk_free_limit", "9000GB")

    yield begin
    node.rabbitmqctl("set_disk_free_limit", "50MB")


def test_in_an_alarm_every_command_says_so_or_does_its_work(own: System, alarm: Callable[[], None]) -> None:
    own.all()
    with connect(own.url("archive"), "test") as connection:
        declare(connection, topology.DEAD_LETTERS)
        channel = connection.channel()
        for text in (b"1", b"2"):
            message = channel.prepare_message(text, headers={"source": "registry.commands"})
            channel.basic_publish_confirm(message, "chat.dead", "")
    alarm()

    asked = answers(admin(own), "release", "export", "import")
    for name, answer in asked.items():
        assert (answer.status, "in alarm" in answer.text) == (2, True), (name, answer)
    listed = answers(admin(own), "list")["list"]
    assert (listed.status, listed.text.count("registry.commands")) == (0, 2)
    replayed = answers(admin(own), "replay")["replay"]
    assert (replayed.status, "in alarm" in replayed.text) == (2, True), replayed
