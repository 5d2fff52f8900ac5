"""The rights of the services and of the monitor, tried on a real broker."""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from testkit.attempts import QUEUES, Attempts, attempts_on, consume, publish
from testkit.broker import TestBroker

MAY_READ = {
    "registry": {"registry.requests", "registry.commands", "registry.journal", "registry.snapshots"},
    "router": {"router.posts.0", "router.ingress.0", "sessions.ended"},
    "archive": {"archive.questions", "archive.queries", "archive.writer", "sessions.ended", "room.lobby"},
    "monitor": {"workers.health"},
}
MAY_PUBLISH = {
    "registry": {"chat.journal", "chat.snapshots", "chat.sessions", "chat.rooms"},
    "router": {"chat.sessions", "chat.rooms"},
    "archive": {"chat.sessions"},
}
BY_ALL = {"chat.dead", "chat.health", ""}
EXCHANGES = {
    *("chat.entrance", "chat.members", "chat.operator", "chat.posts", "chat.questions"),
    *("chat.registry", "chat.ingress", "chat.archive"),
}


@pytest.fixture(scope="module")
def attempt(broker: TestBroker) -> Iterator[Attempts]:
    """Yield a virtual host with every part of the chat, declared by the services' own users."""
    with attempts_on(broker) as attempts:
        yield attempts


@pytest.mark.parametrize("user", MAY_READ)
@pytest.mark.parametrize("name", [*QUEUES, "room.lobby"])
def test_a_service_reads_its_own_queues_only(attempt: Attempts, user: str, name: str) -> None:
    refused = attempt(user, lambda channel: consume(channel, name))
    assert ("ACCESS_REFUSED" in refused) == (name not in MAY_READ[user]), refused


@pytest.mark.parametrize("user", MAY_PUBLISH)
def test_a_service_publishes_only_what_it_has_to_say(attempt: Attempts, user: str) -> None:
    for to in EXCHANGES.union(BY_ALL, *MAY_PUBLISH.values()):
        refused = attempt(user, lambda channel, to=to: publish(channel, to, "lobby"))  # type: ignore[misc]
        assert ("ACCESS_REFUSED" in refused) == (to not in BY_ALL | MAY_PUBLISH[user]), (to, refused)


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
