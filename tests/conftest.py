"""The broker of a test run: the one TEST_AMQP_URL and TEST_MANAGEMENT_URL name, else a private node.

Tests that run side by side on one broker share its users too: those that `chat-admin init` made in TEST_SECRETS_DIR.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError

import pytest
from hypothesis import HealthCheck, settings

from testkit import wallclock
from testkit.broker import TestBroker
from testkit.processes import System, system_in
from testkit.rabbitmq import running_node
from testkit.wait import until

# How long an example takes depends on who else works on the machine.
settings.register_profile("chat", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chat")


def pytest_configure(config: pytest.Config) -> None:
    """Move the clock of each process that runs tests as TEST_CLOCK says, all by the same number of seconds."""
    if "TEST_CLOCK" not in os.environ:
        return
    seconds = wallclock.offset(os.environ["TEST_CLOCK"])
    os.environ["TEST_CLOCK"] = f"{seconds:+d}s"
    if config.getoption("dist", "no") == "no":  # xdist's controller runs no tests; its workers inherit TEST_CLOCK
        config.add_cleanup(wallclock.move(seconds).stop)


@pytest.fixture(scope="session")
def secrets_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Users, passwords and keys as an operator's first start makes them."""
    if "TEST_SECRETS_DIR" in os.environ:
        return Path(os.environ["TEST_SECRETS_DIR"])
    directory = tmp_path_factory.mktemp("secrets")
    subprocess.run([sys.executable, "-m", "chat_admin", "init", str(directory)], check=True)
    return directory


@pytest.fixture(scope="session")
def broker(secrets_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestBroker]:
    """A RabbitMQ with the chat's users."""
    if "TEST_AMQP_URL" in os.environ:
        found = TestBroker(os.environ["TEST_AMQP_URL"], os.environ["TEST_MANAGEMENT_URL"], secrets_dir)
        until(lambda: _imported(found), 30, "the users are made")
        yield found
        return
    with running_node(tmp_path_factory.mktemp("node")) as node:
        yield node.broker(secrets_dir)


def _imported(broker: TestBroker) -> bool:
    """Whether the users are made; RabbitMQ refuses when somebody else makes them at the same moment."""
    try:
        broker.import_definitions()
    except HTTPError as error:
        if error.code != HTTPStatus.BAD_REQUEST:
            raise
        return False
    return True


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
