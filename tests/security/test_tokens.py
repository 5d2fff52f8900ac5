"""Logging in with a token that the registry has not minted for this session, and renewing with one."""

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from amqp.exceptions import AMQPError

from chat_amqp.renewal import UPDATE_SECRET, UPDATE_SECRET_OK
from chat_registry.scopes import scopes
from chat_tokens.access import Card, write_card
from chat_tokens.tokens import Claims, mint
from testkit.broker import TestBroker
from testkit.wait import until
from tests.security import forging, hostile
from tests.security.forging import FORGERIES, Stolen
from tests.security.hostile import PARTITION, REFUSED, SECOND, Login, attempt

OTHER = "0" * 32


@pytest.fixture(scope="module")
def vhost(broker: TestBroker) -> Iterator[str]:
    """Yield a virtual host with the permissions of production, with an exchange to try."""
    name = broker.create_vhost()
    for exchange, kind in (("chat.members", "fanout"), ("chat.entrance", "fanout"), ("chat.posts", "topic")):
        broker.call("PUT", f"exchanges/{name}/{exchange}", {"type": kind, "durable": True})
    yield name
    broker.delete_vhost(name)


def stolen(broker: TestBroker, login: Login) -> Stolen:
    """Return what a forger has who is a member."""
    key = (broker.secrets_dir / "router" / "token_public_key").read_text()
    return Stolen(forging.read(login.password), login.password, key)


def log_in(broker: TestBroker, vhost: str, password: str, user: str = OTHER) -> str:
    """Return the broker's answer to a login."""
    return attempt(Login(broker, vhost, user, password), lambda channel: channel)


def signed(broker: TestBroker, claims: dict[str, Any]) -> str:
    """Return a token with any claims, signed by the registry."""
    return jwt.encode(claims, hostile.private_key(broker), algorithm="EdDSA")


def test_a_session_logs_in_with_its_token(broker: TestBroker, vhost: str) -> None:
    assert attempt(hostile.session(broker, vhost), lambda channel: hostile.publish(channel, "chat.members")) == ""


@pytest.mark.parametrize("how", FORGERIES)
def test_nobody_logs_in_with_a_forged_token(broker: TestBroker, vhost: str, how: str) -> None:
    forged = FORGERIES[how](stolen(broker, hostile.session(broker, vhost)))

    assert log_in(broker, vhost, forged) == REFUSED


# The registry signs all of these: for another purpose, or for another system with the same key, or long ago.
NOT_FOR_HERE: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "it has expired": lambda claims: claims | {"exp": int(time.time()) - 1},
    "it has no audience": lambda claims: {name: value for name, value in claims.items() if name != "aud"},
    "it is for the services": lambda claims: claims | {"aud": "services"},
    "it is for another system": lambda claims: claims | {"aud": ["chat2", "rabbitmq"]},
    "it has no scopes": lambda claims: claims | {"scope": []},
    "its scopes are for another system": lambda claims: (
        claims | {"scope": [scope.replace("chat.", "rabbitmq.") for scope in claims["scope"]]}
    ),
}


@pytest.mark.parametrize("why", NOT_FOR_HERE)
def test_a_signed_token_that_is_not_for_the_broker_opens_nothing(broker: TestBroker, vhost: str, why: str) -> None:
    claims = NOT_FOR_HERE[why](forging.read(hostile.session(broker, vhost, OTHER).password))
    login = Login(broker, vhost, OTHER, signed(broker, claims))

    assert attempt(login, lambda channel: hostile.publish(channel, "chat.members")) in (REFUSED, "NOT_ALLOWED")


def test_an_identity_card_is_no_password(broker: TestBroker, vhost: str) -> None:
    card = write_card(Card(session=OTHER, name="ann", author="a" * 64), hostile.private_key(broker))

    assert log_in(broker, vhost, card) == REFUSED


def test_a_token_of_a_client_of_0_3_0_is_no_password(broker: TestBroker, vhost: str) -> None:
    expires = (int(time.time()) + 600) * SECOND
    claims = Claims(session=OTHER, name="ann", author="a" * 64, partition=0, expires=expires)

    assert log_in(broker, vhost, mint(claims, hostile.private_key(broker))) == REFUSED


@pytest.mark.parametrize("user", ["registry", "admin", "guest", OTHER])
def test_a_token_makes_its_session_the_user_whatever_the_login_says(broker: TestBroker, vhost: str, user: str) -> None:
    mine = hostile.session(broker, vhost)
    disguised = Login(broker, vhost, user, mine.password)

    def send(user_id: str) -> str:
        return attempt(disguised, lambda channel: hostile.publish(channel, "chat.members", user_id=user_id))

    assert send(mine.user) == ""
    assert send(user) == "PRECONDITION_FAILED"
    assert attempt(disguised, lambda channel: channel.queue_declare("registry.journal", durable=True)) == REFUSED


def test_the_registry_gives_no_session_a_tag_or_a_right_to_declare() -> None:
    for partition in range(16):
        granted = scopes("/", partition)
        assert all(each.startswith(("chat.read:%2F/room.", "chat.write:%2F/chat.")) for each in granted), granted


def update(connection: Any, token: str) -> str:
    """Replace the token of a connection; return the broker's error, or an empty text once it has answered."""
    answered: list[bool] = []
    connection._callbacks[UPDATE_SECRET_OK] = lambda: answered.append(True)
    connection.send_method(UPDATE_SECRET, "Ss", (token, "renewal"))
    return refusal(lambda: until(lambda: hostile.drained(connection, answered), 10))


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_token_changes_nothing_of_an_open_connection(broker: TestBroker, vhost: str, how: str) -> None:
    mine = hostile.session(broker, vhost)
    with mine.open() as connection:
        answer = update(connection, FORGERIES[how](stolen(broker, mine)))

    assert answer in (REFUSED, "NOT_ALLOWED"), "the broker closes the connection"


def test_a_token_that_has_expired_renews_nothing(broker: TestBroker, vhost: str) -> None:
    mine = hostile.session(broker, vhost)
    expired = hostile.token(broker, mine.user, scopes(vhost, PARTITION), expires_in=-60 * SECOND)
    with mine.open() as connection:
        answer = update(connection, expired)
        if answer:  # RabbitMQ 3.10 takes it, and lets it do nothing
            assert answer in (REFUSED, "NOT_ALLOWED")
            return
        with pytest.raises(AMQPError, match=REFUSED):
            hostile.publish(connection.channel(), "chat.members")


def test_the_token_of_another_session_gives_nobody_its_identity(broker: TestBroker, vhost: str) -> None:
    mine, other = hostile.session(broker, vhost), hostile.session(broker, vhost, partition=PARTITION + 1)
    with mine.open() as connection:
        answer = update(connection, other.password)
        if broker.version() >= (4,):
            assert answer == "NOT_ALLOWED"
            return
        # RabbitMQ 3.10 takes over the scopes, and the user stays.
        assert answer == ""
        hostile.publish(connection.channel(), "chat.members", user_id=mine.user)
        with pytest.raises(AMQPError, match="PRECONDITION_FAILED"):
            hostile.publish(connection.channel(), "chat.members", user_id=other.user)


def test_an_expired_token_lets_nobody_do_anything_more(broker: TestBroker, vhost: str) -> None:
    name = secrets.token_hex(16)
    short = Login(broker, vhost, name, hostile.token(broker, name, scopes(vhost, PARTITION), expires_in=2 * SECOND))

    closes = broker.version() >= (4,)
    with short.open() as connection:
        _publish_as(connection, name)
        ended = until(lambda: refusal(lambda: _use(connection, name, closes)), 10, "the token has expired")
    assert ended == ("CONNECTION_FORCED" if closes else REFUSED)
    assert log_in(broker, vhost, short.password, name) == REFUSED


def _publish_as(connection: Any, name: str) -> None:
    hostile.publish(connection.channel(), "chat.members", user_id=name)


def _use(connection: Any, name: str, idle: bool) -> None:
    hostile.drained(connection, []) if idle else _publish_as(connection, name)


def refusal(use: Callable[[], object]) -> str:
    """Do something with an open connection; return the broker's error, or an empty text."""
    try:
        use()
    except (AMQPError, OSError) as error:
        return hostile.error_name(error)
    return ""
