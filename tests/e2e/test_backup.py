"""The commands of docs/how-to/back-up-and-restore.md for Docker, as they stand there; runs only with TEST_COMPOSE=1."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pexpect
import pytest

from testkit.compose import ROOT, Project
from testkit.guide import commands
from testkit.wait import until

CHAT = Project("chat-backup")
FEW = {"registry": 1, "router": 1, "archive": 1}
Guide = Callable[[str], None]

pytestmark = [
    pytest.mark.skipif("TEST_COMPOSE" not in os.environ, reason="TEST_COMPOSE is not set"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module", autouse=True)
def running() -> Iterator[None]:
    """Start the system with one replica of each service, and remove it in the end."""
    with CHAT.running(FEW):
        yield


@pytest.fixture
def guide(tmp_path: Path) -> Guide:
    """Return a function that runs the block of commands that follows a text in the guide."""

    def run(before: str) -> None:
        block = commands("back-up-and-restore.md", before)
        script = block.replace("/backup", str(tmp_path)).replace("tertulia", CHAT.name)
        environ = {**os.environ, "COMPOSE_PROJECT_NAME": CHAT.name}
        command = ["sh", "-e", "-u", "-c", script]
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, script + done.stdout[-3000:] + done.stderr[-3000:]

    return run


def interrupt(person: "pexpect.spawn[str]") -> None:
    """End a client that keeps its name."""
    person.sendintr()
    person.expect("leaves and keeps it")
    person.sendintr()
    person.expect(pexpect.EOF)
    person.close()


def refused(person: str, name: str) -> str:
    """Return what the client says to a person who does not get a name."""
    command = CHAT.command("run", "--rm", "-T", "client", "chat", "--plain", "--name", name)
    environ = {**os.environ, "PERSON": person}
    done = subprocess.run(command, cwd=ROOT, env=environ, input="", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    return done.stderr


def recorded(*texts: str) -> None:
    """Wait until log.txt has exactly these messages of alice."""
    until(lambda: CHAT.transcript() == [("alice", text) for text in texts], 60, f"log.txt has {texts}")


def mending() -> str | None:
    """Return the command in the archive's log that mends what stalls it."""
    lines = map(orjson.loads, CHAT.run("logs", "--no-log-prefix", "archive").splitlines())
    stalls = [line["error"] for line in lines if line["event"] == "archive.stalled"]
    found = re.search("docker compose .*", stalls[-1]) if stalls else None
    return found and found[0]


def unhealthy(service: str) -> str:
    """Return what the health check of a container says is wrong."""
    check = CHAT.command("exec", "--no-TTY", service, "python", "-m", "chat_worker.health")
    return subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False).stderr


def test_a_restored_chat_has_its_messages_and_its_names_and_goes_on(guide: Guide, tmp_path: Path) -> None:
    alice = CHAT.enter("ana", "alice")
    alice.sendline("one")
    recorded("one")
    interrupt(alice)
    guide("Copy it out of the container, with Docker:")
    guide("Let the container `admin` export, with Docker:")
    assert (tmp_path / "messages.jsonl").read_bytes() == (tmp_path / "log.txt").read_bytes()

    guide("The image `tertulia-admin` exists after the first start and has `tar`.")
    guide("Create the volumes, fill them, and start, with Docker:")

    recorded("one")
    assert "taken" in refused("bo", "alice")
    alice = CHAT.enter("ana", "alice")
    alice.sendline("two")
    recorded("one", "two")

    guide("Let the archive's own user write the file:")

    alice.sendline("three")
    recorded("one", "two", "three")  # the copy had only the first; the archive has read the second in the stream again
    interrupt(alice)


def test_an_archive_whose_log_txt_belongs_to_root_says_so_and_goes_on_once_that_is_mended(
    guide: Guide, tmp_path: Path
) -> None:
    before = CHAT.transcript()
    guide("Copy it out of the container, with Docker:")
    CHAT.run("stop", "archive")
    CHAT.run("cp", str(tmp_path / "log.txt"), "archive:/data/log.txt")
    CHAT.run("start", "archive")
    mend = str(until(mending, 60, "the archive says how to mend it")).removeprefix("docker compose ")
    until(lambda: mend in unhealthy("archive"), 30, "the health check says the same")

    CHAT.run(*mend.split())

    alice = CHAT.enter("ana", "alice")
    alice.sendline("four")
    until(lambda: CHAT.transcript() == [*before, ("alice", "four")], 60, "log.txt has the next message")
    interrupt(alice)
