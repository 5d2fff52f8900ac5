"""The broker of a test run: the one that TEST_AMQP_URL and TEST_MANAGEMENT_URL name, or else a private node.

Parallel test runs on the same broker share its users, which `chat-admin init` made in TEST_SECRETS_DIR.
"""

import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError

import pytest
from hypothesis import HealthCheck, settings

from testkit import postgres, wallclock
from testkit.broker import TestBroker
from testkit.postgres import Postgres, running_postgres
from testkit.processes import System, system_in
from testkit.rabbitmq import running_node
from testkit.wait import until

# The duration of an example depends on the load of the machine.
settings.register_profile("chat", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chat")


def pytest_configure(config: pytest.Config) -> None:
    """Let processes of tests receive SIGINT, and move the clock of each process that runs tests as TEST_CLOCK says.

    A shell lets commands in the background ignore SIGINT, and their children inherit that. All clocks move by the same
    number of seconds.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "TEST_CLOCK" not in os.environ:
        return
    seconds = wallclock.offset(os.environ["TEST_CLOCK"])
    os.environ["TEST_CLOCK"] = f"{seconds:+d}s"
    if config.getoption("dist", "no") == "no":  # xdist's controller runs no tests; its workers inherit TEST_CLOCK
        config.add_cleanup(wallclock.move(seconds).stop)


@pytest.fixture(scope="session")
def secrets_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make users, passwords and keys as an operator does at the first start; return their directory."""
    if "TEST_SECRETS_DIR" in os.environ:
        return Path(os.environ["TEST_SECRETS_DIR"])
    directory = tmp_path_factory.mktemp("secrets")
    url = directory / "client" / "amqp_url"  # of 0.3.0, whose clients the services still serve
    url.parent.mkdir()
    url.write_text("amqp://client:former@rabbitmq:5672/%2F")
    subprocess.run([sys.executable, "-m", "chat_admin", "init", str(directory)], check=True)
    return directory


@pytest.fixture(scope="session")
def broker(secrets_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestBroker]:
    """Yield a RabbitMQ with the users of the chat."""
    if "TEST_AMQP_URL" in os.environ:
        found = TestBroker(os.environ["TEST_AMQP_URL"], os.environ["TEST_MANAGEMENT_URL"], secrets_dir)
        until(lambda: _imported(found), 30, "the broker has the users")
        yield found
        return
    with running_node(tmp_path_factory.mktemp("node")) as node:
        yield node.broker(secrets_dir)


def _imported(broker: TestBroker) -> bool:
    """Import the users, and return whether it worked: RabbitMQ refuses two imports at the same time."""
    try:
        broker.import_definitions()
    except HTTPError as error:
        if error.code != HTTPStatus.BAD_REQUEST:
            raise
        return False
    return True


@pytest.fixture
def vhost(broker: TestBroker) -> Iterator[str]:
    """Create a virtual host for a test, and delete it in the end."""
    name = broker.create_vhost()
    yield name
    broker.delete_vhost(name)


@pytest.fixture
def system(broker: TestBroker, vhost: str, tmp_path: Path) -> Iterator[System]:
    """Yield a system without processes in the virtual host of the test."""
    with system_in(broker, vhost, tmp_path) as empty:
        yield empty


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgres]:
    """Yield a private PostgreSQL server. Without PostgreSQL, warn and skip the test."""
    if not postgres.installed():
        warnings.warn("PostgreSQL is not installed: run local/install.sh postgresql", stacklevel=1)
        pytest.skip("PostgreSQL is not installed: run local/install.sh postgresql")
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def either_system(request: pytest.FixtureRequest, system: System) -> System:
    """Return the system, first with an archive on SQLite and then with one on PostgreSQL."""
    if request.param == "PostgreSQL":
        system.index_url = request.getfixturevalue("database")
    return system


@pytest.fixture
def database(postgresql: Postgres) -> str:
    """Create an empty PostgreSQL database for a test, and return its URL."""
    return postgresql.create_database()
