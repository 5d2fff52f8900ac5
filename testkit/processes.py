"""Real service processes, started as an operator starts them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from chat_worker.health import problem
from testkit.broker import TestBroker
from testkit.wait import until


@dataclass
class Process:
    """A replica of a service.

    Attributes:
        name: Its instance name.
        popen: The process.
        health: Its health file.
        log: The file with its output.
    """

    name: str
    popen: subprocess.Popen[bytes]
    health: Path
    log: Path

    def ready(self) -> bool:
        """Return whether its health check passes; raises AssertionError if the process has ended."""
        assert self.popen.poll() is None, f"{self.name} has ended: {self.log.read_text()[-2000:]}"
        return problem(self.health) is None

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines of one event."""
        return [line for line in whole_lines(self.log) if line["event"] == event]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self.popen.send_signal(number)

    def kill(self) -> None:
        """Send SIGKILL, and wait for the end of the process."""
        self.popen.kill()
        self.popen.wait(10)


class System:
    """The services of the chat in one virtual host, with their settings.

    Attributes:
        broker: The broker.
        vhost: The virtual host.
        data: The DATA_DIR of the archive.
        index_url: The URL of the archive's database; empty for SQLite.
        processes: The replicas that were started.
    """

    def __init__(self, broker: TestBroker, vhost: str, directory: Path) -> None:
        """Create a system without processes.

        Args:
            broker: The broker.
            vhost: The virtual host.
            directory: The directory for data, logs and health files.
        """
        self.broker = broker
        self.vhost = vhost
        self.data = directory / "data"
        self.index_url = ""
        self._directory = directory
        self.processes: list[Process] = []
        self.data.mkdir()

    def url(self, user: str) -> str:
        """Return the AMQP URL of a user in the virtual host of the system."""
        return self.broker.url(user, self.vhost)

    def start(self, service: str, replica: int = 1, program: str = "", **settings: str) -> Process:
        """Start a replica, without waiting until it is ready; `program` runs it in another way than by its module."""
        name = f"{service}-{replica}-{len(self.processes)}"
        health, log = self._directory / f"{name}.json", self._directory / f"{name}.log"
        environ = {**os.environ, **self._environ(service), "INSTANCE": name, "HEALTH_FILE": str(health), **settings}
        with log.open("wb") as output:
            command = [sys.executable, *(["-c", program] if program else ["-m", f"chat_{service}"])]
            popen = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environ)
        process = Process(name, popen, health, log)
        self.processes.append(process)
        return process

    def started(self, service: str, replica: int = 1, program: str = "", **settings: str) -> Process:
        """Start a replica, and wait until it is ready."""
        process = self.start(service, replica, program, **settings)
        until(process.ready, 30, f"{process.name} is ready")
        return process

    def recorded(self) -> list[dict[str, Any]]:
        """Return the complete lines of log.txt."""
        return whole_lines(self.data / "log.txt")

    def all(self) -> list[Process]:
        """Start one replica of each service, and wait until all are ready."""
        processes = [self.start(service) for service in ("registry", "router", "archive")]
        for process in processes:
            until(process.ready, 30, f"{process.name} is ready")
        return processes

    def stop(self) -> None:
        """Kill all processes."""
        for process in self.processes:
            process.popen.kill()
        for process in self.processes:
            process.popen.wait(10)

    def _environ(self, service: str) -> dict[str, str]:
        key = "TOKEN_PRIVATE_KEY" if service == "registry" else "TOKEN_PUBLIC_KEY"
        return {
            "AMQP_URL": self.url(service),
            f"{key}_FILE": str(self.broker.secrets_dir / service / key.lower()),
            "DATA_DIR": str(self.data),
            "INDEX_URL": self.index_url,
        }


def whole_lines(path: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file with one per line, without an incomplete last line; [] without a file."""
    if not path.exists():
        return []
    return [orjson.loads(line) for line in path.read_bytes().rpartition(b"\n")[0].splitlines()]


@contextmanager
def system_in(broker: TestBroker, vhost: str, directory: Path) -> Iterator[System]:
    """Yield a system without processes, and kill its processes in the end."""
    system = System(broker, vhost, directory)
    try:
        yield system
    finally:
        system.stop()
