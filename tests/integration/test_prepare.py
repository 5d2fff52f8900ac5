"""broker/prepare.sh brings a running broker up to date, and refuses one that is not its own."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from amqp.exceptions import AMQPError
from kombu.connection import Connection

from chat_admin.definitions import Retention
from chat_admin.former_clients import retire_former_clients
from chat_admin.identity import accept_new_broker
from chat_admin.initialise import initialise
from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from local import node
from testkit.attempts import SESSION, Attempts, publish
from testkit.broker import TestBroker
from testkit.rabbitmq import Node, running_node
from testkit.wait import until

# A node as 0.3.0 started it: without the plugin, with a file of plugins that does not name it, on the defaults of 4.3.
WITHOUT_TOKENS = """
    Old = "/tmp/enabled_plugins.of_0.3.0." ++ os:getpid(),
    ok = file:write_file(Old, "[rabbitmq_event_exchange,rabbitmq_management,rabbitmq_prometheus]."),
    application:set_env(rabbit, enabled_plugins_file, Old),
    {ok, _, _} = rabbit_plugins:ensure(Old),
    application:set_env(rabbit, auth_backends, [rabbit_auth_backend_internal]),
    application:set_env(rabbit, auth_mechanisms, ['PLAIN', 'AMQPLAIN', 'ANONYMOUS']).
"""
YEAR, QUARTER = Retention(10_000_000_000, "365D"), Retention(10_000_000_000, "90D")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("node")


@pytest.fixture(scope="module")
def running(directory: Path) -> Iterator[Node]:
    with running_node(directory) as started:
        yield started


FORMER_URL = "amqp://client:former@127.0.0.1:5672/%2F"


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

    def url(self, user: str) -> str:
        return (self.files / user / "amqp_url").read_text().strip().replace(":5672/", f":{self._running.port}/")

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


def test_a_broker_that_runs_takes_tokens_and_no_longer_offers_anonymous(
    installation: Installation, running: Node
) -> None:
    """A node of an older version has neither the plugin nor the settings, and may see the old file of plugins."""
    # given
    running.rabbitmqctl("eval", WITHOUT_TOKENS)
    installation.prepare()
    attempts = Attempts(installation.broker, "/")

    # then
    with connect(installation.url("registry"), "test") as connection:
        declare(connection, *topology.REGISTRY_QUEUES)
        amqp_connection: Any = connection.connection
        assert amqp_connection.mechanisms == [b"PLAIN"]
    assert attempts(SESSION, lambda channel: publish(channel, "chat.members", "")) == ""
    assert "ACCESS_REFUSED" in attempts(SESSION, lambda channel: publish(channel, "chat.journal", ""))


def test_former_clients_are_let_in_until_the_operator_retires_them(
    installation: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    # given
    (installation.files / "client" / "amqp_url").write_text(FORMER_URL)
    installation.init(YEAR)
    installation.prepare()
    former = connect(installation.url("former-client"), "test-former")

    # when
    retire_former_clients(installation.files)
    installation.init(YEAR)
    installation.prepare()

    # then
    assert "deleting the user client" in capfd.readouterr().out
    assert "client" not in {user["name"] for user in installation.broker.call("GET", "users")}
    until(lambda: ended(former), 10, "the broker has closed the connection")
    installation.prepare()
    with connect(installation.url("client"), "test"):
        pass


def test_an_interrupted_start_deletes_the_user_at_the_next_one(installation: Installation) -> None:
    # given
    (installation.files / "client" / "amqp_url").write_text(FORMER_URL)
    installation.init(YEAR)
    installation.prepare()
    before = (installation.files / "broker" / "applied.json").read_text()
    retire_former_clients(installation.files)
    installation.init(YEAR)
    installation.prepare()

    # when
    installation.broker.call("PUT", "users/client", {"password": "x", "tags": ""})
    (installation.files / "broker" / "applied.json").write_text(before)
    installation.prepare()

    # then
    assert "client" not in {user["name"] for user in installation.broker.call("GET", "users")}


def test_a_user_of_the_operator_stays(installation: Installation) -> None:
    installation.prepare()
    installation.broker.call("PUT", "users/somebody", {"password": "x", "tags": ""})
    installation.init(QUARTER)
    installation.prepare()
    assert "somebody" in {user["name"] for user in installation.broker.call("GET", "users")}


def ended(connection: Connection) -> bool:
    try:
        connection.drain_events(timeout=0.1)
    except TimeoutError:
        return False
    except (OSError, AMQPError):
        return True
    return False
