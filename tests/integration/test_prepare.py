"""broker/prepare.sh brings a running broker up to date, and refuses one that is not its own."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_admin.definitions import Retention
from chat_admin.identity import accept_new_broker
from chat_admin.initialise import initialise
from chat_amqp.connection import connect
from local import node
from testkit.broker import TestBroker
from testkit.rabbitmq import Node, running_node

YEAR, QUARTER = Retention(10_000_000_000, "365D"), Retention(10_000_000_000, "90D")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("node")


@pytest.fixture(scope="module")
def running(directory: Path) -> Iterator[Node]:
    with running_node(directory) as started:
        yield started


class Installation:
    """The files of an installation, and the broker that they are for."""

    def __init__(self, directory: Path, running: Node, files: Path) -> None:
        """Take the directory of the node, the node, and the directory of the files."""
        self._directory = directory
        self._running = running
        self.files = files
        address = f"127.0.0.1:{running.port + 1}"
        self.broker = TestBroker(
            f"amqp://guest:guest@127.0.0.1:{running.port}/", f"http://guest:guest@{address}", files
        )

    def init(self, retention: Retention) -> None:
        initialise(self.files, ["127.0.0.1"], self._running.port, retention)

    def prepare(self) -> None:
        node.prepare(self._directory, self._running.port, self.files / "broker")

    def room_age(self) -> str:
        return str(self.broker.call("GET", "policies/%2F/rooms")["definition"]["max-age"])

    def change_permission(self, user: str, **changed: str) -> None:
        """Change a user's permissions in the definitions, as another version of init does."""
        path = self.files / "broker" / "definitions.json"
        definitions = json.loads(path.read_text())
        for each in definitions["permissions"]:
            each |= changed if each["user"] == user else {}
        path.write_text(json.dumps(definitions))

    def identities(self) -> list[str]:
        exchanges: list[dict[str, Any]] = self.broker.call("GET", "exchanges/%2F")
        return [each["name"] for each in exchanges if each["name"].startswith("chat.identity.")]


@pytest.fixture
def installation(directory: Path, running: Node, tmp_path: Path) -> Iterator[Installation]:
    """Yield a new installation; remove its identity from the broker in the end."""
    made = Installation(directory, running, tmp_path)
    made.init(YEAR)
    yield made
    for name in made.identities():
        made.broker.call("DELETE", f"exchanges/%2F/{name}")


def test_a_running_broker_gets_identity_users_and_policies(installation: Installation) -> None:
    installation.prepare()

    (name,) = installation.identities()
    assert (installation.files / "archive" / "broker_id").read_text() == f"{name.rpartition('.')[2]}\n"
    assert installation.room_age() == "365D"
    for user in ("registry", "client", "admin", "monitor"):
        with connect((installation.files / user / "amqp_url").read_text().strip(), "test"):
            pass


def test_an_operators_policy_lasts_until_init_writes_other_definitions(installation: Installation) -> None:
    # given
    installation.prepare()
    change = {"pattern": r"^room\.", "definition": {"max-age": "7D"}, "apply-to": "queues"}
    installation.broker.call("PUT", "policies/%2F/rooms", change)

    # when
    installation.init(YEAR)
    installation.prepare()

    # then
    assert installation.room_age() == "7D"

    # when
    installation.init(QUARTER)
    installation.change_permission("router", read="^something-new$")
    installation.prepare()

    # then
    assert installation.room_age() == "90D"
    assert installation.broker.call("GET", "permissions/%2F/router")["read"] == "^something-new$"


def test_a_broker_without_the_identity_is_left_as_it_is_until_an_operator_accepts_it(
    installation: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    # given
    installation.prepare()
    (lost,) = installation.identities()
    installation.broker.call("DELETE", f"exchanges/%2F/{lost}")
    installation.init(QUARTER)

    # when
    with pytest.raises(subprocess.CalledProcessError):
        installation.prepare()

    # then
    assert "This broker is empty, or it belongs to another installation" in capfd.readouterr().err
    assert installation.room_age() == "365D"

    # when
    accept_new_broker(installation.files)
    installation.prepare()

    # then
    (new,) = installation.identities()
    assert (installation.files / "router" / "broker_id").read_text() == f"{new.rpartition('.')[2]}\n"
    assert new != lost
    assert installation.room_age() == "90D"
