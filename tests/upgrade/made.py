"""A chat that `make up` runs, in a directory of its own."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect

from local import node
from testkit.people import PLAIN, environment
from testkit.processes import whole_lines
from testkit.rabbitmq import RABBITMQCTL
from tests.faults.fleet import sources
from tests.faults.room import Chat

# `make` sets these for the commands that it runs; a make that a test calls must not inherit them.
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")


@dataclass(frozen=True, slots=True)
class MadeChat:
    """A chat in a tree of the repository; `port` is the first of its five ports."""

    tree: Path
    port: int

    @property
    def data(self) -> Path:
        """The directory with log.txt."""
        return self.tree / "data"

    def url(self, user: str) -> str:
        """Return the AMQP URL of a user."""
        return (self.tree / ".run/secrets" / user / "amqp_url").read_text().strip()

    def make(self, target: str, **variables: object) -> str:
        """Call `make` as an operator does, and return its output; raises AssertionError if it fails."""
        command = ["make", target, *(f"{name}={value}" for name, value in variables.items())]
        return self._run(*command)

    def shell(self, commands: str) -> str:
        """Run commands of a guide in the tree, and return their output; raises AssertionError if one fails."""
        return self._run("sh", "-e", "-u", "-c", commands)

    def _run(self, *command: str) -> str:
        environ = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
        done = subprocess.run(command, cwd=self.tree, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def processes(self) -> dict[str, int]:
        """Return the process ID of each program that supervisor runs: the broker and the replicas."""
        command = [".venv/bin/supervisorctl", "-c", ".run/supervisord.conf", "status"]
        status = subprocess.run(command, cwd=self.tree, capture_output=True, text=True, check=False).stdout
        return {name: int(process) for name, process in re.findall(r"^(\S+) +RUNNING +pid (\d+)", status, re.MULTILINE)}

    def definitions(self) -> str:
        """Return the definitions that `init` wrote."""
        return (self.tree / ".run/secrets/broker/definitions.json").read_text()

    def rabbitmqctl(self, *command: str) -> str:
        """Run a command of rabbitmqctl, and return its output."""
        environ = node.environment((self.tree / ".run/broker").resolve(), self.port)
        line = [RABBITMQCTL, "-q", "-n", environ["RABBITMQ_NODENAME"], *command]
        return subprocess.run(line, env=environ, capture_output=True, text=True, check=True).stdout

    def errors(self) -> list[dict[str, Any]]:
        """Return the lines of the services' logs that report an error."""
        logs = [log for log in (self.tree / ".run/log").glob("*.log") if log.name != "broker.log"]
        return [line for log in logs for line in whole_lines(log) if line["level"] in ("error", "critical")]


@dataclass(frozen=True, slots=True)
class LineClients:
    """The line clients of a chat, of one version.

    Attributes:
        chat: The chat.
        states: A directory with the state of each person.
        tree: The source tree of another version, whose clients to start; None for those of this version.
    """

    chat: Chat
    states: Path
    tree: Path | None = None

    def client(self, person: str) -> "pexpect.spawn[str]":
        """Start the line client of a person at a terminal."""
        environ = environment(self.chat.url("client"), self.states / person) | sources(self.tree)
        return pexpect.spawn(PLAIN[0], PLAIN[1:], env=environ, encoding="utf-8", timeout=60, echo=False)

    def secret(self, person: str) -> str:
        """Return the author secret of a person whose client has started once."""
        (path,) = (self.states / person).rglob("author-secret")
        return path.read_text().strip()
