"""Real service processes, as an operator would start them."""

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
    """A service replica. `log` is the file that its stdout goes to."""

    name: str
    popen: subprocess.Popen[bytes]
    health: Path
    log: Path

    def ready(self) -> bool:
        """Whether its health check passes; raises AssertionError if it has ended."""
        assert self.popen.poll() is None, f"{self.name} has ended: {self.log.read_text()[-2000:]}"
        return problem(self.health) is None

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one event."""
        return [line for line in whole_lines(self.log) if line["event"] == event]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.popen.send_signal(number)

    def kill(self) -> None:
        """End it as kill -9 does, and wait for its end."""
        self.popen.kill()
        self.popen.wait(10)


class System:
    """Services in one virtual host, with what they need of settings."""

    def __init__(self, broker: TestBroker, vhost: str, directory: Path) -> None:
        self.broker = broker
        self.vhost = vhost
        self.data = directory / "data"
        self._directory = directory
        self._processes: list[Process] = []
        self.data.mkdir()

    def url(self, user: str) -> str:
        """The AMQP URL of a user in this system's virtual host."""
        return self.broker.url(user, self.vhost)

    def start(self, service: str, replica: int = 1, **settings: str) -> Process:
        """Start a replica; it may not be ready when this returns."""
        name = f"{service}-{replica}-{len(self._processes)}"
        health, log = self._directory / f"{name}.json", self._directory / f"{name}.log"
        environ = {**os.environ, **self._environ(service), "INSTANCE": name, "HEALTH_FILE": str(health), **settings}
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", f"chat_{service}"], stdout=output, stderr=subprocess.STDOUT, env=environ
            )
        process = Process(name, popen, health, log)
        self._processes.append(process)
        return process

    def started(self, service: str, replica: int = 1, **settings: str) -> Process:
        """Start a replica and wait until it is ready."""
        process = self.start(service, replica, **settings)
        until(process.ready, 30, f"{process.name} is ready")
        return process

    def recorded(self) -> list[dict[str, Any]]:
        """What log.txt has."""
        return whole_lines(self.data / "log.txt")

    def all(self) -> list[Process]:
        """Start one replica of each service and wait until all are ready."""
        processes = [self.start(service) for service in ("registry", "router", "archive")]
        for process in processes:
            until(process.ready, 30, f"{process.name} is ready")
        return processes

    def stop(self) -> None:
        """End everything that was started."""
        for process in self._processes:
            process.popen.kill()
        for process in self._processes:
            process.popen.wait(10)

    def _environ(self, service: str) -> dict[str, str]:
        key = "TOKEN_PRIVATE_KEY" if service == "registry" else "TOKEN_PUBLIC_KEY"
        return {
            "AMQP_URL": self.url(service),
            f"{key}_FILE": str(self.broker.secrets_dir / service / key.lower()),
            "DATA_DIR": str(self.data),
        }


def whole_lines(path: Path) -> list[dict[str, Any]]:
    """The objects in a file that has one a line; the last line may be about to be written. None if there is no file."""
    if not path.exists():
        return []
    return [orjson.loads(line) for line in path.read_bytes().rpartition(b"\n")[0].splitlines()]


@contextmanager
def system_in(broker: TestBroker, vhost: str, directory: Path) -> Iterator[System]:
    """A system with no process yet; what is started in it ends with it."""
    system = System(broker, vhost, directory)
    try:
        yield system
    finally:
        system.stop()
