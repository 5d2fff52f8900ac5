"""The rights of each user, tried on a real broker: a pattern that looks right may still allow too much."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from amqp.exceptions import AMQPError

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_amqp.publisher import Publication, Publisher
from testkit.broker import TestBroker

Do = Callable[[Any], object]
Attempt = Callable[[str, Do], str]

DECLARED = {
    "registry": topology.REGISTRY_QUEUES,  # not DEPARTURES: only the virtual host / has its exchange
    "router": topology.ROUTER_QUEUES,
    "archive": topology.ARCHIVE_QUEUES,
}
CLIENT_MAY_PUBLISH = [
    ("chat.registry", "registry.commands"),
    ("chat.ingress", "0"),
    ("chat.archive", "archive.queries"),
]
CLIENT_MUST_NOT_PUBLISH = [
    ("", "room.lobby"),
    ("", "registry.commands"),
    ("chat.rooms", "lobby"),
    ("chat.operator", "registry.commands"),
    ("chat.operator", "archive.queries"),
    ("chat.journal", ""),
    ("chat.snapshots", ""),
    ("chat.sessions", ""),
    ("chat.dead", ""),
    ("amq.rabbitmq.event", "queue.deleted"),
]
CLIENT_MUST_NOT_READ = [
    "registry.commands",
    "registry.departures",
    "registry.journal",
    "registry.snapshots",
    "sessions.ended",
    "router.ingress.0",
    "archive.queries",
    "archive.writer",
    "dead-letters",
]


def queue(channel: Any, **arguments: str) -> str:
    """Declare a queue with a name that the client may use, and with arguments that it never uses."""
    name = f"inbox.{secrets.token_hex(16)}"
    channel.queue_declare(name, exclusive=True, durable=False, arguments=_dashed(arguments))
    return name


def exchange(channel: Any, **arguments: str) -> str:
    """Declare an exchange with a name that the client may use."""
    name = f"inbox.{secrets.token_hex(16)}"
    channel.exchange_declare(name, "fanout", durable=False, auto_delete=True, arguments=_dashed(arguments))
    return name


def _dashed(arguments: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in arguments.items()}


def publish(channel: Any, to: str, key: str) -> None:
    """Publish and wait for the confirm, or for the error of a refusal."""
    publisher = Publisher(channel)
    publisher.publish(Publication(exchange=to, routing_key=key, body=b"{}"))
    while publisher.unconfirmed:
        channel.connection.drain_events(timeout=5)


def consume(channel: Any, name: str) -> None:
    """Consume with a prefetch, which a stream requires."""
    channel.basic_qos(0, 1, False)
    channel.basic_consume(name, callback=lambda _message: None)


CLIENT_MUST_NOT: dict[str, Do] = {
    "declare a room": lambda channel: channel.queue_declare("room.x", durable=True, auto_delete=False),
    "declare a queue named by the broker": lambda channel: channel.queue_declare("", exclusive=True),
    "declare an exchange of the chat": lambda channel: channel.exchange_declare("chat.x", "fanout"),
    "delete a room": lambda channel: channel.queue_delete("room.lobby"),
    "delete an exchange": lambda channel: channel.exchange_delete("chat.rooms"),
    "purge a room": lambda channel: channel.queue_purge("room.lobby"),
    "unbind a room": lambda channel: channel.queue_unbind("room.lobby", "chat.rooms", "lobby"),
    "hear what others ask": lambda channel: channel.queue_bind(queue(channel), "chat.registry", "registry.commands"),
    "hear the broker's events": lambda channel: channel.queue_bind(queue(channel), "amq.rabbitmq.event", "#"),
    "send dead letters to any queue": lambda channel: queue(channel, x_dead_letter_exchange=""),
    "send dead letters to a room": lambda channel: queue(channel, x_dead_letter_exchange="chat.rooms"),
    "send dead letters as an operator": lambda channel: queue(channel, x_dead_letter_exchange="chat.operator"),
    "send what is unroutable as an operator": lambda channel: exchange(channel, alternate_exchange="chat.operator"),
    "feed the operators' exchange": lambda channel: channel.exchange_bind("chat.operator", exchange(channel), ""),
}


@pytest.fixture(scope="module")
def attempt(broker: TestBroker) -> Iterator[Attempt]:
    """Return a function that does something as a user, and returns the broker's error or an empty text.

    Every part of the chat is there, declared by the services' own users.
    """
    vhost = broker.create_vhost()

    for user, queues in DECLARED.items():
        with connect(broker.url(user, vhost), f"test-{user}") as connection:
            assert declare(connection, *queues, topology.HEALTH_STREAM) == []

    def attempt_as(user: str, do: Do) -> str:
        with connect(broker.url(user, vhost), f"test-{user}") as connection:
            try:
                do(connection.channel())
            except AMQPError as error:
                return str(error)
        return ""

    yield attempt_as
    broker.delete_vhost(vhost)


@pytest.mark.parametrize(("to", "key"), CLIENT_MAY_PUBLISH)
def test_a_client_may_publish_to_the_services(attempt: Attempt, to: str, key: str) -> None:
    assert attempt("client", lambda channel: publish(channel, to, key)) == ""


@pytest.mark.parametrize(("to", "key"), CLIENT_MUST_NOT_PUBLISH)
def test_a_client_may_publish_nowhere_else(attempt: Attempt, to: str, key: str) -> None:
    assert "ACCESS_REFUSED" in attempt("client", lambda channel: publish(channel, to, key))


def test_a_client_may_read_its_inbox_and_the_room(attempt: Attempt) -> None:
    assert attempt("client", lambda channel: consume(channel, queue(channel))) == ""
    assert attempt("client", lambda channel: consume(channel, "room.lobby")) == ""


@pytest.mark.parametrize("name", CLIENT_MUST_NOT_READ)
def test_a_client_may_read_nothing_else(attempt: Attempt, name: str) -> None:
    assert "ACCESS_REFUSED" in attempt("client", lambda channel: consume(channel, name))


@pytest.mark.parametrize("what", CLIENT_MUST_NOT)
def test_a_client_must_not(attempt: Attempt, what: str) -> None:
    refused = attempt("client", CLIENT_MUST_NOT[what])
    assert "ACCESS_REFUSED" in refused or "NOT_IMPLEMENTED" in refused


@pytest.mark.parametrize("user", ["router", "archive"])
def test_only_the_registry_may_write_the_journal_and_read_commands(attempt: Attempt, user: str) -> None:
    assert "ACCESS_REFUSED" in attempt(user, lambda channel: publish(channel, "chat.journal", ""))
    assert "ACCESS_REFUSED" in attempt(user, lambda channel: consume(channel, "registry.commands"))


OPERATOR_MAY_PUBLISH = [
    ("chat.operator", "registry.commands"),
    ("chat.operator", "archive.queries"),
    ("chat.rooms", "lobby"),
    *CLIENT_MAY_PUBLISH,
]


@pytest.mark.parametrize(("to", "key"), OPERATOR_MAY_PUBLISH)
def test_the_operator_may_send_commands_import_messages_and_replay_dead_letters(
    attempt: Attempt, to: str, key: str
) -> None:
    assert attempt("admin", lambda channel: publish(channel, to, key)) == ""


def test_the_operator_may_read_dead_letters_only(attempt: Attempt) -> None:
    assert attempt("admin", lambda channel: consume(channel, "dead-letters")) == ""
    assert "ACCESS_REFUSED" in attempt("admin", lambda channel: consume(channel, "registry.commands"))


@pytest.mark.parametrize(("to", "key"), [("", "room.lobby"), ("chat.journal", "")])
def test_the_operator_may_publish_nowhere_else(attempt: Attempt, to: str, key: str) -> None:
    assert "ACCESS_REFUSED" in attempt("admin", lambda channel: publish(channel, to, key))


def test_every_service_reports_its_health_and_only_the_monitor_reads_the_reports(attempt: Attempt) -> None:
    for user in DECLARED:
        assert attempt(user, lambda channel: publish(channel, "chat.health", "")) == ""
    assert attempt("monitor", lambda channel: consume(channel, "workers.health")) == ""
    for user in ("client", "admin"):
        assert "ACCESS_REFUSED" in attempt(user, lambda channel: consume(channel, "workers.health"))
        assert "ACCESS_REFUSED" in attempt(user, lambda channel: publish(channel, "chat.health", ""))


MONITOR_MUST_NOT: dict[str, Do] = {
    "publish": lambda channel: publish(channel, "chat.registry", "registry.commands"),
    "report": lambda channel: publish(channel, "chat.health", ""),
    "read a room": lambda channel: consume(channel, "room.lobby"),
    "read dead letters": lambda channel: consume(channel, "dead-letters"),
    "declare an inbox": queue,
}


@pytest.mark.parametrize("what", MONITOR_MUST_NOT)
def test_the_monitor_must_not(attempt: Attempt, what: str) -> None:
    assert "ACCESS_REFUSED" in attempt("monitor", MONITOR_MUST_NOT[what])


def test_the_monitor_may_look_at_the_management_api_and_change_nothing(broker: TestBroker) -> None:
    made = urlsplit((broker.secrets_dir / "monitor" / "management_url").read_text().strip())
    at = urlsplit(broker.management_url)
    monitor = replace(broker, management_url=f"http://{made.username}:{made.password}@{at.hostname}:{at.port}/")

    assert [node["running"] for node in monitor.call("GET", "nodes")] == [True]
    monitor.call("GET", "queues/%2F")
    for method, path, body in (
        ("DELETE", "vhosts/%2F", None),
        ("PUT", "policies/%2F/x", {"pattern": "x", "definition": {}}),
        ("PUT", "users/x", {"password": "x", "tags": "administrator"}),
        ("GET", "definitions", None),
    ):
        with pytest.raises(HTTPError) as refused:
            monitor.call(method, path, body)
        assert refused.value.code == HTTPStatus.UNAUTHORIZED, method + path
