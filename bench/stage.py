"""Where scenarios run: one private broker, and on it, for each measurement, a chat of its own."""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.broker import TestBroker
from tests.support.processes import System, system_in
from tests.support.rabbitmq import Node

VHOST = "/"  # only here the broker tells who has gone
BROKER = "beam.smp"


@dataclass(frozen=True, slots=True)
class Stage:
    """A broker for all scenarios, and a directory for what they leave."""

    node: Node
    broker: TestBroker
    directory: Path

    @property
    def operator_url(self) -> str:
        """The AMQP URL of a user who may do everything, for the yardsticks."""
        return self.broker.amqp_url

    @property
    def client_url(self) -> str:
        """The AMQP URL of the chat's clients."""
        return self.broker.url("client", VHOST)

    @property
    def broker_process(self) -> psutil.Process:
        """The broker's Erlang process."""
        children = psutil.Process().children(recursive=True)
        return next(child for child in children if child.name() == BROKER)

    @contextmanager
    def system(self) -> Iterator[System]:
        """A system with no process yet, in the virtual host / and a new directory; after it the host is empty."""
        with self.emptied(), system_in(self.broker, VHOST, self.new_directory()) as system:
            yield system

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """Whatever queues, and exchanges named chat.*, are made in here are deleted in the end."""
        try:
            yield
        finally:
            self.broker.empty(VHOST)

    def new_directory(self) -> Path:
        """A new directory, which goes with the stage."""
        return Path(tempfile.mkdtemp(dir=self.directory))


@contextmanager
def staged(directory: Path) -> Iterator[Stage]:
    """A stage whose broker is stopped in the end; it and what follows may open as many files as is allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    (directory / "node").mkdir()
    subprocess.run([sys.executable, "-m", "chat_admin", "init", str(directory / "secrets")], check=True)
    node = Node(directory / "node")
    try:
        node.start()
        yield Stage(node, node.broker(directory / "secrets"), directory)
    finally:
        node.stop()
