"""The broker of a test run: the one TEST_AMQP_URL and TEST_MANAGEMENT_URL name, else a private node."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from local import node
from tests.support.broker import TestBroker
from tests.support.processes import System, system_in
from tests.support.wait import until

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def secrets_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Users, passwords and keys as an operator's first start makes them."""
    directory = tmp_path_factory.mktemp("secrets")
    subprocess.run([sys.executable, "-m", "chat_admin", "init", str(directory)], check=True)
    return directory


@pytest.fixture(scope="session")
def broker(secrets_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestBroker]:
    """A RabbitMQ with the chat's users."""
    if "TEST_AMQP_URL" in os.environ:
        found = TestBroker(os.environ["TEST_AMQP_URL"], os.environ["TEST_MANAGEMENT_URL"], secrets_dir)
        found.import_definitions()
        yield found
        return
    with private_node(tmp_path_factory.mktemp("node"), secrets_dir) as made:
        made.import_definitions()
        yield made


@contextmanager
def private_node(directory: Path, secrets_dir: Path) -> Iterator[TestBroker]:
    """A RabbitMQ node of our own on free ports, with the administrator guest."""
    port = free_ports()
    process = start_node(directory, port)
    try:
        until(lambda: node.answers(port), 60, "the node answers")
        yield TestBroker(
            f"amqp://guest:guest@127.0.0.1:{port}/", f"http://guest:guest@127.0.0.1:{port + 1}", secrets_dir
        )
    finally:
        process.terminate()
        process.wait(30)


def start_node(directory: Path, port: int) -> subprocess.Popen[bytes]:
    """Start a node in `directory`; it may not answer yet when this returns."""
    with (directory / "node.log").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "local/node.py"), "--dir", str(directory), "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def free_ports() -> int:
    """The first of four ports in a row that nothing listens on."""
    for port in range(20_000 + os.getpid() % 1000 * 8, 32_000, 4):
        if all(_is_free(port + more) for more in range(4)):
            return port
    raise AssertionError("no four free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def vhost(broker: TestBroker) -> Iterator[str]:
    """A virtual host of the test's own."""
    name = broker.create_vhost()
    yield name
    broker.delete_vhost(name)


@pytest.fixture
def system(broker: TestBroker, vhost: str, tmp_path: Path) -> Iterator[System]:
    """Services in the test's virtual host; none runs yet."""
    with system_in(broker, vhost, tmp_path) as made:
        yield made
