"""A RabbitMQ node for tests, which may also kill it."""

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
ACCEPT_TOKENS = node.BROKER / "accept_tokens.sh"
RABBITMQCTL = "/usr/lib/rabbitmq/bin/rabbitmqctl"


class Node:
    """A node on free ports, with the administrator guest.

    Attributes:
        address: The address at which it listens.
        port: The AMQP port. The next one is that of the management API, and the fourth after it that of the metrics.
    """

    def __init__(self, directory: Path, address: str = node.LOOPBACK, inside: Sequence[str] = ()) -> None:
        """Create the node; `start` starts it.

        Args:
            directory: The directory for its files.
            address: The address at which it listens.
            inside: The command that runs another command in the network namespace of the address.
        """
        self.address = address
        self.port = free_ports()
        self._directory = directory
        self._inside = inside
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the node, or start it again with its data, and wait until it answers."""
        options = ["--dir", str(self._directory), "--port", str(self.port), "--address", self.address]
        with (self._directory / "node.log").open("ab") as output:
            self._process = subprocess.Popen(
                [*self._inside, sys.executable, str(START), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        until(lambda: node.answers(self.port, self.address), 90, "the node answers")

    def kill(self) -> None:
        """Send SIGKILL, and wait for the end of the process."""
        assert self._process
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        """Stop the node with SIGTERM, if it runs."""
        if self._process:
            self._process.terminate()
            self._process.wait(30)

    def rabbitmqctl(self, *command: str) -> str:
        """Run a rabbitmqctl command, and return its output."""
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
        """Import the users and the key of the chat into the node, and return the broker on it."""
        environment = node.environment(self._directory, self.port, self.address)
        environment["PATH"] = f"{node.RABBITMQ_BIN}:{environment['PATH']}"
        key = secrets_dir / "broker" / "token_public_key"
        subprocess.run([*self._inside, ACCEPT_TOKENS, key], env=environment, check=True)
        (self._directory / "conf.d" / "key.conf").write_text(f"auth_oauth2.signing_keys.chat = {key.resolve()}\n")
        host = f"guest:guest@{self.address}"
        broker = TestBroker(f"amqp://{host}:{self.port}/", f"http://{host}:{self.port + 1}", secrets_dir)
        broker.import_definitions()
        return broker


@contextmanager
def running_node(directory: Path) -> Iterator[Node]:
    """Start a node, and stop it in the end."""
    started = Node(directory)
    try:
        started.start()
        yield started
    finally:
        started.stop()


def free_ports() -> int:
    """Return the first of five consecutive free ports, as a node needs them."""
    for port in range(20_000 + os.getpid() % 1000 * 8, 32_000, 8):
        if all(_is_free(port + more) for more in range(5)):
            return port
    raise AssertionError("no five consecutive ports between 20,000 and 32,000 are free: stop some brokers")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
