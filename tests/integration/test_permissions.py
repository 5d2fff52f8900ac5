"""The rights of everybody outside the services, tried on a real broker: a pattern that looks right may be too wide."""

import secrets
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError

import pytest
from amqp.exceptions import AMQPError

from chat_amqp.connection import connect, with_login
from testkit.attempts import (
    CHANGES,
    QUEUES,
    SERVICE_EXCHANGES,
    SESSION,
    WITH_AN_INBOX,
    Attempts,
    asked,
    attempts_on,
    consume,
    inbox,
    publish,
)
from testkit.broker import TestBroker

ENTRANCE = "client"  # the directory of its URL
CLAIM = ("chat.entrance", "")
OF_SESSIONS = [
    ("chat.members", ""),
    ("chat.posts", "3.room.lobby"),
    ("chat.questions", "room.lobby"),
    ("chat.questions", "mine"),
]
OF_FORMER_CLIENTS = [
    ("chat.registry", "registry.commands"),
    ("chat.ingress", "0"),
    ("chat.archive", "archive.queries"),
]
OF_OPERATORS = [
    ("chat.operator", "registry.requests"),
    ("chat.operator", "archive.questions"),
    ("chat.rooms", "lobby"),
]
SERVICES_ONLY = [each for each in SERVICE_EXCHANGES if each not in OF_OPERATORS]
# Right exchange, wrong key: the broker checks the keys of topic exchanges.
OF_OTHER_SESSIONS = [
    ("chat.posts", "4.room.lobby"),
    ("chat.posts", "3"),
    ("chat.posts", "3.private.x"),
    ("chat.posts", "#"),
    ("chat.questions", "private.x"),
    ("chat.questions", "mine.x"),
    ("chat.questions", ""),
]
MAY_PUBLISH = {
    ENTRANCE: [CLAIM],
    SESSION: OF_SESSIONS,
    "former-client": OF_FORMER_CLIENTS,
    "admin": [*OF_OPERATORS, ("chat.posts", "3.room.lobby"), *OF_FORMER_CLIENTS],  # to replay letters as their senders
    "monitor": [],
}
EVERYWHERE = [CLAIM, *OF_SESSIONS, *OF_OTHER_SESSIONS, *OF_FORMER_CLIENTS, *OF_OPERATORS, *SERVICES_ONLY]
MAY_READ = {
    SESSION: {"room.lobby"},
    "former-client": {"room.lobby"},
    "admin": {"dead-letters"},
    "monitor": {"workers.health"},
}


def publications(*, allowed: bool) -> list[tuple[str, str, str]]:
    """Return user, exchange and routing key of what may be published, or of what may not."""
    return [
        (user, to, key)
        for user, mine in MAY_PUBLISH.items()
        for to, key in (mine if allowed else EVERYWHERE)
        if allowed or not _may(user, to, key)
    ]


def _may(user: str, to: str, key: str) -> bool:
    may = MAY_PUBLISH[user]
    return (to, key) in may or (user == "admin" and to in {each for each, _ in may})


@pytest.fixture(scope="module")
def attempt(broker: TestBroker) -> Iterator[Attempts]:
    """Yield a virtual host with every part of the chat, declared by the services' own users."""
    with attempts_on(broker) as attempts:
        yield attempts


@pytest.mark.parametrize(("user", "to", "key"), publications(allowed=True))
def test_it_may_publish(attempt: Attempts, user: str, to: str, key: str) -> None:
    assert attempt(user, lambda channel: publish(channel, to, key)) == ""


@pytest.mark.parametrize(("user", "to", "key"), publications(allowed=False))
def test_it_may_publish_nowhere_else(attempt: Attempts, user: str, to: str, key: str) -> None:
    assert "ACCESS_REFUSED" in attempt(user, lambda channel: publish(channel, to, key))


@pytest.mark.parametrize("user", MAY_PUBLISH)
def test_it_may_read_this_and_nothing_else(attempt: Attempts, user: str) -> None:
    for name in (*QUEUES, "room.lobby"):
        refused = attempt(user, lambda channel, name=name: consume(channel, name))  # type: ignore[misc]
        fetched = attempt(user, lambda channel, name=name: channel.basic_get(name))  # type: ignore[misc]
        if name in MAY_READ.get(user, ()):
            assert refused == "", name
        else:
            assert ("ACCESS_REFUSED" in refused, "ACCESS_REFUSED" in fetched) == (True, True), name


@pytest.mark.parametrize("user", MAY_PUBLISH)
@pytest.mark.parametrize("what", CHANGES)
def test_it_must_not(attempt: Attempts, user: str, what: str) -> None:
    refused = attempt(user, CHANGES[what])
    assert "ACCESS_REFUSED" in refused or "NOT_IMPLEMENTED" in refused


@pytest.mark.parametrize("user", [ENTRANCE, SESSION, "admin", "monitor"])
def test_it_declares_nothing(attempt: Attempts, user: str) -> None:
    assert "ACCESS_REFUSED" in attempt(user, inbox)


@pytest.mark.parametrize(
    ("user", "to", "key"), [(ENTRANCE, *CLAIM), (SESSION, *OF_SESSIONS[0]), ("admin", *OF_OPERATORS[0])]
)
def test_it_can_ask_without_a_queue_of_its_own(attempt: Attempts, user: str, to: str, key: str) -> None:
    assert attempt(user, lambda channel: asked(channel, to, key)) == ""


def test_a_former_client_may_read_its_inbox(attempt: Attempts) -> None:
    assert attempt("former-client", lambda channel: consume(channel, inbox(channel))) == ""


@pytest.mark.parametrize("what", WITH_AN_INBOX)
def test_a_former_client_can_do_nothing_else_with_an_inbox(attempt: Attempts, what: str) -> None:
    refused = attempt("former-client", WITH_AN_INBOX[what])
    assert "ACCESS_REFUSED" in refused or "NOT_IMPLEMENTED" in refused


@pytest.mark.parametrize("user", [ENTRANCE, SESSION, "former-client", "admin", "monitor"])
def test_nobody_can_write_the_name_of_another_user_on_a_message(attempt: Attempts, user: str) -> None:
    to, key = (MAY_PUBLISH[user] or [CLAIM])[0]
    refused = attempt(user, lambda channel: publish(channel, to, key, user_id=secrets.token_hex(16)))
    assert "PRECONDITION_FAILED - user_id property set" in refused or user == "monitor"


def test_a_token_without_scopes_opens_no_virtual_host(attempt: Attempts) -> None:
    with pytest.raises(AMQPError, match="530"):
        connect(attempt.session_url("0" * 32, []), "test")


@pytest.mark.parametrize("user", ["registry", "admin"])
def test_a_token_gives_nobody_the_rights_of_another_user(attempt: Attempts, user: str) -> None:
    """The broker takes the user from the token, and not from the login."""
    token = attempt.url(SESSION).removeprefix("amqp://").partition("@")[0].partition(":")[2]
    connection = connect(with_login(attempt.url(ENTRANCE), user, token), "test")
    with connection, pytest.raises(AMQPError, match="ACCESS_REFUSED"):
        publish(connection.channel(), "chat.rooms", "lobby")


@pytest.mark.parametrize("user", [SESSION, ENTRANCE, "former-client", "admin", "registry"])
@pytest.mark.parametrize("path", ["whoami", "overview", "queues/%2F", "definitions"])
def test_only_the_monitor_may_use_the_management_interface(attempt: Attempts, user: str, path: str) -> None:
    login = attempt.url(user).removeprefix("amqp://").rpartition("@")[0]
    management = attempt.broker.management_url.rpartition("@")[2]
    broker = TestBroker("", f"http://{login}@{management}", attempt.broker.secrets_dir)
    with pytest.raises(HTTPError) as refused:
        broker.call("GET", path)
    assert refused.value.code == HTTPStatus.UNAUTHORIZED


def test_the_broker_offers_passwords_only(broker: TestBroker) -> None:
    """RabbitMQ 4.3 also offers ANONYMOUS by default."""
    with connect(broker.url(ENTRANCE, "/"), "test") as connection:
        amqp_connection: Any = connection.connection
        assert amqp_connection.mechanisms == [b"PLAIN"]
