"""The session of a client at a real broker, with short tokens of a registry that the test plays."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chat_client import events
from chat_client.session import Session
from chat_wire.messages import Claim, Posts, Renew, Resume
from chat_wire.units import SECOND
from testkit.played_registry import PlayedRegistry
from testkit.processes import System
from testkit.wait import until


@pytest.fixture
def registry(system: System) -> Iterator[PlayedRegistry]:
    played = PlayedRegistry(system, lifetime=60 * SECOND)
    yield played
    played.close()


class Client:
    """A session, and the events that it told."""

    def __init__(self, url: str) -> None:
        """Start the session."""
        self.told: list[events.Event] = []
        self.session = Session(url, "f" * 64, self.told.append)
        self.session.start()

    def joins(self) -> None:
        """Join as ann."""
        self.session.join("ann")
        until(lambda: self.heard(events.Joined), what="ann has joined")

    def heard(self, cls: type[Any]) -> list[Any]:
        """Return the events of a class."""
        return [event for event in self.told if isinstance(event, cls)]


@pytest.fixture
def client(system: System) -> Iterator[Client]:
    made = Client(system.url("client"))
    yield made
    made.session.close()


def test_a_client_claims_at_the_entrance_and_does_the_rest_as_its_session(
    system: System, registry: PlayedRegistry, client: Client
) -> None:
    client.joins()
    client.session.post("hola")
    until(lambda: registry.count(Posts))
    until(lambda: len(connections(system)) == 1, what="the connection of the entrance is closed")

    (claim, *others) = registry.received
    assert (claim[0], type(claim[1])) == (None, Claim)
    assert len({user for user, _request in others}) == 1
    assert connections(system)[0]["user"] == others[0][0]


def test_a_session_goes_on_without_a_pause_when_its_first_token_expires(
    registry: PlayedRegistry, client: Client
) -> None:
    registry.lifetime = 4 * SECOND
    client.joins()

    until(lambda: registry.count(Renew) >= 4)
    client.session.post("hola")
    until(lambda: registry.count(Posts))

    assert registry.count(Resume) == 0
    assert not client.heard(events.ConnectionLost)


@pytest.mark.skipif("TEST_CLOCK" in os.environ, reason="the broker ends tokens by its own clock")
def test_a_session_whose_token_has_expired_comes_back_through_the_entrance(
    registry: PlayedRegistry, client: Client
) -> None:
    registry.lifetime = 2 * SECOND
    client.joins()
    registry.silent = {Renew}

    until(lambda: registry.count(Resume), what="the client asks the entrance for a token")
    registry.silent, registry.lifetime = set(), 60 * SECOND
    client.session.post("hola")

    until(lambda: registry.count(Posts))
    assert not client.heard(events.Ended)
    assert not client.heard(events.Waiting)  # such as a refusal by the broker: it is an ordinary loss of the connection


def test_a_lost_connection_is_restored_without_the_entrance(
    system: System, registry: PlayedRegistry, client: Client
) -> None:
    client.joins()
    close_the_entrance(system)
    names = until(lambda: [each["name"] for each in connections(system) if each["user"] != "entrance"])
    system.broker.close_connections(names)
    until(lambda: registry.count(Renew) == 2, what="the client has connected again")

    client.session.post("hola")

    until(lambda: registry.count(Posts))
    assert registry.count(Resume) == 0


def test_a_client_waits_for_a_broker_that_does_not_know_the_key(registry: PlayedRegistry, client: Client) -> None:
    registry.key = another_key()
    client.session.join("ann")

    (waiting,) = until(lambda: client.heard(events.Waiting))
    registry.key = None

    assert "does not accept the tokens of the chat" in waiting.text
    until(lambda: client.heard(events.Joined), 30)


def test_a_wrong_password_of_the_entrance_is_named(system: System) -> None:
    client = Client(system.url("client").replace("entrance:", "entrance:x"))
    (waiting,) = until(lambda: client.heard(events.Waiting))
    client.session.close()

    assert "refuses the user or password in AMQP_URL" in waiting.text


@pytest.mark.usefixtures("registry")
def test_the_address_of_an_older_version_is_named(system: System) -> None:
    client = Client(system.url("former-client"))
    client.session.join("ann")
    (waiting,) = until(lambda: client.heard(events.Waiting))
    client.session.close()

    assert "ask the operator for the present AMQP_URL" in waiting.text


def connections(system: System) -> list[dict[str, Any]]:
    """Return the connections of clients in the virtual host."""
    found = system.broker.call("GET", f"vhosts/{system.vhost}/connections")
    return [each for each in found if each.get("client_properties", {}).get("connection_name") == "chat client"]


def close_the_entrance(system: System) -> None:
    """Take all rights of the entrance in the virtual host away, as an exhausted entrance refuses everybody."""
    system.broker.call("DELETE", f"permissions/{system.vhost}/entrance")


def another_key() -> str:
    """Return a private key that the broker does not know."""
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return Ed25519PrivateKey.generate().private_bytes(pem, pkcs8, serialization.NoEncryption()).decode()
