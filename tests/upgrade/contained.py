"""A chat in containers, in a directory of its own."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pexpect

# Compose reads these from the environment before it reads `.env`.
SETTINGS = ("COMPOSE_", "AMQP_", "ROOM_", "INDEX_URL", "POSTS_PER_SECOND", "LOG_LEVEL")

# Docker objects that a project leaves behind, with the options by which Docker lists and removes all of it.
REMOVED = (("container", ("--all",), ("--force", "--volumes")), ("volume", (), ()), ("network", (), ()))


@dataclass(frozen=True, slots=True)
class ContainedChat:
    """A chat in a tree of the repository.

    Attributes:
        tree: The directory with compose.yaml.
        project: The name of the compose project.
        port: The AMQP port on the host.
    """

    tree: Path
    project: str
    port: int

    @property
    def data(self) -> Path:
        """A directory with a copy of log.txt."""
        copy = self.tree.with_name(f"{self.tree.name}-data")
        copy.mkdir(exist_ok=True)
        (copy / "log.txt").write_text(self.compose("exec", "-T", "archive", "cat", "log.txt"))
        return copy

    def url(self, user: str) -> str:
        """Return the AMQP URL of a user, for the host."""
        directory = f"{self.project}_{user}-secrets:/secrets:ro"
        url = urlsplit(
            self.docker("run", "--rm", "--volume", directory, "python:3.13-slim", "cat", "/secrets/amqp_url")
        )
        return f"amqp://{url.username}:{url.password}@127.0.0.1:{self.port}/%2F"

    def compose(self, *arguments: str) -> str:
        """Run a compose command as an operator does, and return its output; raises AssertionError if it fails."""
        return self._run("docker", "compose", *arguments)

    def docker(self, *arguments: str) -> str:
        """Run a command of Docker, and return its output; raises AssertionError if it fails."""
        return self._run("docker", *arguments)

    def containers(self, service: str) -> set[str]:
        """Return the IDs of the running containers of a service."""
        labels = (f"com.docker.compose.project={self.project}", f"com.docker.compose.service={service}")
        filters = [f"--filter=label={label}" for label in labels]
        return set(self.docker("ps", "--quiet", "--no-trunc", *filters).split())

    def client(self, person: str) -> "pexpect.spawn[str]":
        """Start the line client of a person at a terminal, from the image of the client that was built last."""
        command = ["compose", "run", "--rm", "client", "chat", "--plain"]
        environ = self._environ() | {"PERSON": person}
        return pexpect.spawn("docker", command, cwd=self.tree, env=environ, encoding="utf-8", timeout=120)

    def secret(self, person: str) -> str:
        """Return the author secret of a person whose client has started once."""
        state = f"/state/{person}"
        find = ("find", state, "-name", "author-secret", "-exec", "cat", "{}", ";")
        return self.compose("run", "--rm", "-T", "client", *find)

    def shell(self, commands: str) -> str:
        """Run commands of a guide in the tree, and return their output; raises AssertionError if one fails."""
        return self._run("sh", "-e", "-u", "-c", commands)

    def images(self) -> set[str]:
        """Return the IDs of the images of all running services, but not of client containers."""
        services = ("registry", "router", "archive")
        found = [container for service in services for container in self.containers(service)]
        return set(self.docker("inspect", "--format={{.Image}}", *found).split())

    def definitions(self) -> str:
        """Return the definitions that `init` wrote."""
        return self.compose("exec", "-T", "rabbitmq", "cat", "/etc/rabbitmq/definitions/definitions.json")

    def rabbitmqctl(self, *command: str) -> str:
        """Run a command of rabbitmqctl, and return its output."""
        return self.compose("exec", "-T", "rabbitmq", "rabbitmqctl", "-q", *command)

    def errors(self) -> list[dict[str, Any]]:
        """Return the lines of the services' logs that report an error."""
        logs = self.compose("logs", "--no-log-prefix", "registry", "router", "archive")
        lines = [orjson.loads(line) for line in logs.splitlines() if line.startswith("{")]
        return [line for line in lines if line["level"] in ("error", "critical")]

    def remove(self) -> None:
        """Remove the containers, with the volumes and the network; also those of services that this version lacks."""
        labelled = f"--filter=label=com.docker.compose.project={self.project}"
        for kind, listing, removing in REMOVED:
            found = self.docker(kind, "ls", *listing, "--quiet", labelled).split()
            subprocess.run(["docker", kind, "rm", *removing, *found], capture_output=True, check=False)

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.tree, env=self._environ(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-1000:]}{done.stderr[-3000:]}"
        return done.stdout

    def _environ(self) -> dict[str, str]:
        """Return the environment of a shell without settings."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        return environ | {"COMPOSE_PROJECT_NAME": self.project}
