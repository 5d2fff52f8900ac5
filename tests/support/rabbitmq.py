"""A RabbitMQ node of the tests' own, which they may also kill."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import node
from tests.support.broker import TestBroker
from tests.support.wait import until

START = Path(node.__file__)


class Node:
    """A node on free ports of loopback, with the administrator guest; all its files are in `directory`."""

    def __init__(self, directory: Path) -> None:
        self.port = _free_ports()
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, for the first time or again with what it had, and wait until it answers."""
        with (self._directory / "node.log").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(START), "--dir", str(self._directory), "--port", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        until(lambda: node.answers(self.port), 60, "the node answers")

    def kill(self) -> None:
        """End it as kill -9 does."""
        assert self._process
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        """Stop it in order."""
        assert self._process
        self._process.terminate()
        self._process.wait(30)

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which rabbitmqctl reaches it."""
        return node.environment(self._directory, self.port)

    @property
    def rabbitmqctl(self) -> list[str]:
        """The command rabbitmqctl for this node."""
        return ["/usr/lib/rabbitmq/bin/rabbitmqctl", "-q", "-n", self.environment["RABBITMQ_NODENAME"]]

    def broker(self, secrets_dir: Path) -> TestBroker:
        """The broker on this node, with the chat's users."""
        host = "guest:guest@127.0.0.1"
        made = TestBroker(f"amqp://{host}:{self.port}/", f"http://{host}:{self.port + 1}", secrets_dir)
        made.import_definitions()
        return made


@contextmanager
def running_node(directory: Path) -> Iterator[Node]:
    """A node that is stopped in the end."""
    made = Node(directory)
    made.start()
    try:
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
