"""The chat in containers, started with the real compose files on a real Docker engine."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import MappingProxyType
from typing import Any

import orjson
import pexpect

from testkit.guide import commands
from testkit.wait import until

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Project:
    """A compose project for a test: its name and its compose files, of which later ones override earlier ones."""

    name: str
    files: tuple[str, ...] = ("compose.yaml",)

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a compose command."""
        files = [f"--file={file}" for file in self.files]
        return ["docker", "compose", "--project-name", self.name, *files, *arguments]

    def run(self, *arguments: str, **settings: str) -> str:
        """Run a compose command with settings, and return its output; raises AssertionError if it fails."""
        environ = {**os.environ, **settings}
        done = subprocess.run(
            self.command(*arguments), cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def guide(self, page: str, before: str, values: Mapping[str, str] = MappingProxyType({}), **settings: str) -> str:
        """Run the block of commands that follows a text in a how-to page, and return its output.

        Args:
            page: The page's file name.
            before: The text before the block; it stands once in the page.
            values: Values for words in the block that stand for something else, such as NAME.
            **settings: Settings of the shell.
        """
        environ = {**os.environ, "COMPOSE_PROJECT_NAME": self.name, **settings}
        script = self.script(page, before, values)
        command = ["sh", "-e", "-u", "-c", script]
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, script + done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def script(self, page: str, before: str, values: Mapping[str, str] = MappingProxyType({})) -> str:
        """Return the block of commands that follows a text in a how-to page, for this project."""
        script = commands(page, before)
        for word, value in {"tertulia": self.name, **values}.items():
            script = re.sub(rf"(?<![a-z]){word}(?![a-z])", value, script)
        return script

    def scale(self, replicas: Mapping[str, int], *options: str) -> None:
        """Scale the services to these numbers of replicas."""
        counts = [f"--scale={service}={count}" for service, count in replicas.items()]
        self.run("up", "--detach", "--wait", *options, *counts)

    @contextmanager
    def running(self, replicas: Mapping[str, int]) -> Iterator[None]:
        """Build the images and start the system; remove everything in the end."""
        with self.removed_at_end():
            self.scale(replicas, "--build")
            yield

    @contextmanager
    def removed_at_end(self) -> Iterator[None]:
        """Remove all containers and volumes when the block ends."""
        try:
            yield
        finally:
            subprocess.run(
                self.command("--profile=*", "down", "--volumes", "--remove-orphans", "--timeout", "15"),
                cwd=ROOT,
                check=False,
                capture_output=True,
            )

    def enter(self, person: str, name: str, **settings: str) -> "pexpect.spawn[str]":
        """Open the client as a person in a shell with settings, and join under a name."""
        command = self.command("run", "--rm", "client", "chat", "--plain")
        environ = {**os.environ, "PERSON": person, **settings}
        chat = pexpect.spawn(command[0], command[1:], cwd=ROOT, env=environ, encoding="utf-8", timeout=60)
        chat.expect("name: ")
        chat.sendline(name)
        chat.expect(f"you are {name}")
        return chat

    def client(self, name: str, output: Path) -> "subprocess.Popen[str]":
        """Start a client of a person of its own, and wait until it has joined.

        Args:
            name: The name of the person, and in the room.
            output: The file for its output.

        Returns:
            The process, whose stdin is a pipe.
        """
        with output.open("w") as shown:
            process = subprocess.Popen(
                self.command("run", "--rm", "-T", "client", "chat", "--plain", "--name", name),
                cwd=ROOT,
                env={**os.environ, "PERSON": name},
                stdin=subprocess.PIPE,
                stdout=shown,
                text=True,
            )
        until(lambda: f"you are {name}" in output.read_text(), 60, f"{name} has joined")
        return process

    def started(self, *services: str) -> dict[str, str]:
        """Return when each container of these services was started, of all that run if none is named."""
        containers = self.run("ps", "--quiet", *services).split()
        return dict(line.split() for line in docker("inspect", "--format={{.Id}} {{.State.StartedAt}}", *containers))

    def kill_clients(self) -> None:
        """Kill the containers of all clients, as a crash of the machine does. Some may be ending by themselves."""
        label = "label=com.docker.compose"
        found = docker("ps", "--quiet", f"--filter={label}.project={self.name}", f"--filter={label}.oneoff=True")
        subprocess.run(["docker", "kill", *found], check=False, capture_output=True)

    def transcript(self) -> list[tuple[str, str]]:
        """Return user and text of each line of log.txt."""
        log = self.run("exec", "-T", "archive", "cat", "log.txt")
        return [(line["user"], line["text"]) for line in map(orjson.loads, log.splitlines())]

    def queues(self, node: str) -> list[dict[str, Any]]:
        """Return name, type, leader, members and online replicas of each replicated queue and stream."""
        command = ("list_queues", "name", "type", "leader", "members", "online")
        listed = json.loads(self.run("exec", "-T", node, "rabbitmqctl", "-q", "--formatter=json", *command))
        return [queue for queue in listed if queue["type"] in ("quorum", "stream")]


def docker(*arguments: str) -> list[str]:
    """Run a command of Docker, and return the lines of its output."""
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.splitlines()


def said_in(output: Path) -> list[tuple[str, str]]:
    """Return user and text of each message in the output of a line client."""
    messages = [line for line in output.read_text().splitlines() if line.startswith("[")]
    shown = [line.partition("] ")[2].partition(": ") for line in messages]
    return [(user, text) for user, _, text in shown]


def texts_of(user: str, said: list[tuple[str, str]]) -> list[str]:
    """Return the texts of one user."""
    return [text for each, text in said if each == user]


@contextmanager
def talking(writer: "subprocess.Popen[str]", seconds: float) -> Iterator[list[str]]:
    """Type a line at fixed intervals until the block ends, then close the input.

    Args:
        writer: The client, whose stdin is a pipe.
        seconds: The interval in seconds.

    Yields:
        The list of the typed lines, which grows.
    """
    stop, said = Event(), list[str]()
    flow = Thread(target=_talk, args=(writer, seconds, stop, said))
    flow.start()
    try:
        yield said
    finally:
        stop.set()
        flow.join()


def _talk(writer: "subprocess.Popen[str]", seconds: float, stop: Event, said: list[str]) -> None:
    assert writer.stdin
    while not stop.wait(seconds):
        said.append(f"line {len(said)}")
        writer.stdin.write(f"{said[-1]}\n")
        writer.stdin.flush()
    writer.stdin.close()
