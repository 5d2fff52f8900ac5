"""The stage of the scenarios: one private broker, and on it a new chat for each measurement."""

import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from chat_amqp.connection import with_login
from chat_registry.scopes import scopes
from chat_tokens.access import mint_access
from testkit.broker import TestBroker
from testkit.processes import System, system_in
from testkit.rabbitmq import running_node

VHOST = "/"  # the broker reports lost connections only here
BROKER = "beam.smp"
DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Stage:
    """A broker for all scenarios, and a directory for their files."""

    broker: TestBroker
    broker_process: psutil.Process
    directory: Path

    @property
    def operator_url(self) -> str:
        """The AMQP URL of a user with all permissions, for the baselines."""
        return self.broker.amqp_url

    @property
    def client_url(self) -> str:
        """The AMQP URL of the chat's clients, which is that of the entrance."""
        return self.broker.url("client", VHOST)

    @property
    def member_url(self) -> str:
        """The AMQP URL of a new session, by which any number of readers may connect."""
        session = secrets.token_hex(16)
        key = (self.broker.secrets_dir / "registry" / "token_private_key").read_text()
        expires = time.time_ns() // 1000 + DAY
        return with_login(self.client_url, session, mint_access(session, scopes(VHOST, 0), expires, key))

    @contextmanager
    def system(self) -> Iterator[System]:
        """Yield a system without processes in the virtual host / and a new directory; empty the host in the end."""
        with self.emptied(), system_in(self.broker, VHOST, self.new_directory()) as system:
            yield system

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """Delete all queues, and all exchanges named chat.*, in the end."""
        try:
            yield
        finally:
            self.broker.empty(VHOST)

    def new_directory(self) -> Path:
        """Make a new directory within that of the stage."""
        return Path(tempfile.mkdtemp(dir=self.directory))


@contextmanager
def staged(directory: Path) -> Iterator[Stage]:
    """Start a stage, and raise the limit of open files to its maximum.

    The stage uses the broker that TEST_AMQP_URL and TEST_MANAGEMENT_URL name, which must be on this machine and have no
    other use. By default it starts a node of its own.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    secrets_dir = directory / "secrets"
    subprocess.run([sys.executable, "-m", "chat_admin", "init", str(secrets_dir)], check=True)
    if "TEST_AMQP_URL" in os.environ:
        broker = TestBroker(os.environ["TEST_AMQP_URL"], os.environ["TEST_MANAGEMENT_URL"], secrets_dir)
        broker.import_definitions()
        yield Stage(broker, _newest(psutil.process_iter()), directory)
        return
    (directory / "node").mkdir()
    with running_node(directory / "node") as node:
        yield Stage(node.broker(secrets_dir), _newest(psutil.Process().children(recursive=True)), directory)


def _newest(processes: Iterable[psutil.Process]) -> psutil.Process:
    """Return the Erlang process that was started last."""
    brokers = [process for process in processes if process.name() == BROKER]
    return max(brokers, key=lambda process: float(process.create_time()))
