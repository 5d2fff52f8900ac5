"""A RabbitMQ node of the tests' own, which they may also kill."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local import node
from testkit.broker import TestBroker
from testkit.wait import until

START = Path(node.__file__)
RABBITMQCTL = "/usr/lib/rabbitmq/bin/rabbitmqctl"


class Node:
    """A node on free ports of loopback, with the administrator guest; all its files are in `directory`.

    With another address, `inside` is the command that runs another one where this address is.
    """

    def __init__(self, directory: Path, address: str = node.LOOPBACK, inside: Sequence[str] = ()) -> None:
        self.address = address
        self.port = _free_ports()
        self._directory = directory
        self._inside = inside
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, for the first time or again with what it had, and wait until it answers."""
        where = ["--dir", str(self._directory), "--port", str(self.port), "--address", self.address]
        with (self._directory / "node.log").open("ab") as output:
            self._process = subprocess.Popen(
                [*self._inside, sys.executable, str(START), *where],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        until(lambda: node.answers(self.port, self.address), 90, "the node answers")

    def kill(self) -> None:
        """End it as kill -9 does."""
        assert self._process
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        """Stop it in order; one that has ended, or was never started, is left as it is."""
        if self._process:
            self._process.terminate()
            self._process.wait(30)

    def rabbitmqctl(self, *command: str) -> str:
        """Run a command of rabbitmqctl, and return what it prints."""
        environment = node.environment(self._directory, self.port, self.address)
        return subprocess.run(
            [*self._inside, RABBITMQCTL, "-q", "-n", environment["RABBITMQ_NODENAME"], *command],
            env=environment,
            check=True,
            timeout=60,
            capture_output=True,
            text=True,
        ).stdout

    def broker(self, secrets_dir: Path) -> TestBroker:
        """The broker on this node, with the chat's users."""
        host = f"guest:guest@{self.address}"
        made = TestBroker(f"amqp://{host}:{self.port}/", f"http://{host}:{self.port + 1}", secrets_dir)
        made.import_definitions()
        return made


@contextmanager
def running_node(directory: Path) -> Iterator[Node]:
    """A node that is stopped in the end."""
    made = Node(directory)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def _free_ports() -> int:
    for port in range(20_000 + os.getpid() % 1000 * 8, 32_000, 4):
        if all(_is_free(port + more) for more in range(4)):
            return port
    raise AssertionError("no four free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
