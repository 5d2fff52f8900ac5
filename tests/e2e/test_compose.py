"""The real compose.yaml on a real Docker engine; only with TEST_COMPOSE=1, as it builds images and takes a minute."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import orjson
import pexpect
import pytest

from tests.support.wait import until

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = "chat-test"
FEW = {"registry": 1, "router": 1, "archive": 1}
MANY = {"registry": 2, "router": 3, "archive": 2}

pytestmark = [
    pytest.mark.skipif("TEST_COMPOSE" not in os.environ, reason="TEST_COMPOSE is not set"),
    pytest.mark.timeout(600),
]


def compose(*arguments: str) -> list[str]:
    """The command line of a compose command in this test's project."""
    return ["docker", "compose", "--project-name", PROJECT, *arguments]


def scale(replicas: dict[str, int], *options: str) -> None:
    """Bring the system to this many replicas, and two client containers."""
    counts = [f"--scale={service}={count}" for service, count in {**replicas, "client": 2}.items()]
    done = subprocess.run(
        compose("up", "--detach", "--wait", *options, *counts), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def enter(index: int, name: str) -> "pexpect.spawn[str]":
    """A person opens the client in a client container and gives a name."""
    chat = pexpect.spawn(
        "docker", compose("exec", f"--index={index}", "client", "chat")[1:], cwd=ROOT, encoding="utf-8", timeout=60
    )
    chat.expect("name: ")
    chat.sendline(name)
    chat.expect(f"you are {name}")
    return chat


def transcript() -> list[tuple[str, str]]:
    """User and text of each line of log.txt."""
    shown = subprocess.run(
        compose("exec", "-T", "archive", "cat", "log.txt"), cwd=ROOT, capture_output=True, check=True
    )
    return [(line["user"], line["text"]) for line in map(orjson.loads, shown.stdout.splitlines())]


def client(name: str, output: Path) -> "subprocess.Popen[str]":
    """A client in a container of its own, fed by a pipe; it has joined, and writes what it reads to `output`."""
    with output.open("w") as shown:
        process = subprocess.Popen(
            compose("run", "--rm", "-T", "client", "chat", "--plain", "--name", name),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=shown,
            text=True,
        )
    until(lambda: f"you are {name}" in output.read_text(), 60, f"{name} has joined")
    return process


def lines(user: str, output: Path) -> list[str]:
    """What a client has shown of what `user` said."""
    return [line.partition(f"{user}: ")[2] for line in output.read_text().splitlines() if f"] {user}: " in line]


def talk(writer: "subprocess.Popen[str]", stop: Event, said: list[str]) -> None:
    """Say about a hundred lines a second until told to stop, then end the input."""
    assert writer.stdin
    while not stop.wait(0.01):
        said.append(f"line {len(said)}")
        writer.stdin.write(f"{said[-1]}\n")
        writer.stdin.flush()
    writer.stdin.close()


@pytest.fixture(scope="module", autouse=True)
def running() -> Iterator[None]:
    """The system with one replica of each service, and nothing left of it afterwards."""
    try:
        scale(FEW, "--build")
        yield
    finally:
        subprocess.run(compose("down", "--volumes", "--timeout", "15"), cwd=ROOT, check=False, capture_output=True)


def test_two_people_in_two_client_containers_read_each_other() -> None:
    # given
    alice, bob = enter(1, "alice"), enter(2, "bob")

    # when
    alice.sendline("hola bob")
    bob.expect("alice: hola bob")
    bob.sendline("hola alice")
    alice.expect("bob: hola alice")

    # then
    until(lambda: transcript() == [("alice", "hola bob"), ("bob", "hola alice")], 30, "log.txt has both")
    alice.sendline("/users")
    alice.expect("alice, bob")
    for chat in (alice, bob):
        chat.sendline("/exit")
        chat.expect(pexpect.EOF)
        chat.close()
        assert chat.exitstatus == 0


def test_scaling_up_and_down_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    # given a listener, and a writer in full flow
    before = len(transcript())
    listener, writer = client("listener", tmp_path / "listener"), client("writer", tmp_path / "writer")
    stop, said = Event(), list[str]()
    flow = Thread(target=talk, args=(writer, stop, said))
    flow.start()

    # when
    try:
        scale(MANY, "--no-recreate")
        scale(FEW, "--no-recreate")
    finally:
        stop.set()
        flow.join()

    # then
    assert writer.wait(120) == 0
    until(lambda: len(lines("writer", tmp_path / "listener")) >= len(said), 60, "the listener has all")
    until(lambda: len(transcript()) - before >= len(said), 60, "log.txt has all")
    assert lines("writer", tmp_path / "listener") == said
    assert transcript()[before:] == [("writer", text) for text in said]
    listener.communicate(timeout=60)
    assert listener.returncode == 0


def test_an_operator_frees_a_name() -> None:
    # given
    alice = enter(1, "alice")

    # when
    subprocess.run(compose("run", "--rm", "admin", "release", "alice"), cwd=ROOT, check=True)

    # then
    alice.expect("released")
    other = enter(2, "alice")
    for chat in (alice, other):
        chat.close(force=True)
