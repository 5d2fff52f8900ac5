"""The rights of each login at each exchange and each queue that the broker lists.

A new exchange or queue is covered by itself: no login may use it unless the tables here say so.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from amqp.exceptions import AMQPError

from tests.security import hostile
from tests.security.conftest import Objects
from tests.security.hostile import PARTITION, Login, let_through, outcomes

POSTS_KEY = f"{PARTITION}.room.lobby"
KEYS = {"chat.posts": POSTS_KEY, "chat.questions": "room.lobby"}

SERVICES = ("registry", "router", "archive")
STRANGERS = ("entrance", "session", "former client", "monitor")
EVERYBODY = (*STRANGERS, "admin", *SERVICES)

# The default exchange, to which services publish their answers, has an empty name.
MAY_PUBLISH = {
    "entrance": {"chat.entrance"},
    "session": {"chat.members", "chat.posts", "chat.questions"},
    "former client": {"chat.registry", "chat.ingress", "chat.archive"},
    "monitor": set[str](),
    "admin": {
        *("chat.operator", "chat.rooms", "chat.posts", "chat.registry", "chat.ingress", "chat.archive"),
    },
    "registry": {"", "chat.journal", "chat.snapshots", "chat.sessions", "chat.rooms", "chat.dead", "chat.health"},
    "router": {"", "chat.rooms", "chat.sessions", "chat.dead", "chat.health"},
    "archive": {"", "chat.sessions", "chat.dead", "chat.health"},
}
ROOMS = {"room.lobby"}
NUMBERS = range(16)
MAY_READ = {
    "entrance": set[str](),
    "session": ROOMS,
    "former client": ROOMS,
    "monitor": {"workers.health"},
    "admin": {"dead-letters"},
    "registry": {
        *("registry.requests", "registry.commands", "registry.connections", "registry.departures"),
        *("registry.journal", "registry.snapshots"),
    },
    "router": {*(f"router.{kind}.{number}" for kind in ("posts", "ingress") for number in NUMBERS), "sessions.ended"},
    "archive": {"archive.questions", "archive.queries", "archive.writer", "sessions.ended", *ROOMS},
}


def login_of(objects: Objects, who: str) -> Login:
    """Return the login of somebody in the tables."""
    if who == "session":
        return hostile.session(objects.broker, objects.vhost)
    place = {"entrance": "client", "former client": "former-client"}.get(who, who)
    return hostile.named(objects.broker, objects.vhost, place)


def _publish(channel: Any, name: str) -> None:
    hostile.publish(channel, name, KEYS.get(name, "no-queue-has-this-name"))


def _consume(channel: Any, name: str) -> None:
    hostile.consume(channel, name)


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_login_publishes_to_its_own_exchanges_only(objects: Objects, who: str) -> None:
    mine = [name for name in objects.exchanges if name != "amq.rabbitmq.log"]

    assert let_through(outcomes(login_of(objects, who), mine, _publish)) == MAY_PUBLISH[who]


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_login_consumes_its_own_queues_only(objects: Objects, who: str) -> None:
    allowed = MAY_READ[who] & set(objects.queues)

    assert let_through(outcomes(login_of(objects, who), objects.queues, _consume)) == allowed


def _bind(channel: Any, name: str) -> None:
    channel.queue_bind(name, "amq.fanout", "")


def _hear(channel: Any, name: str) -> None:
    channel.queue_bind("room.lobby", name, "")


def _redeclare_exchange(channel: Any, name: str) -> None:
    channel.exchange_declare(name, "fanout", durable=True, auto_delete=False)


TO_QUEUES: dict[str, Callable[[Any, str], object]] = {
    "consume alone": lambda channel, name: hostile.consume(channel, name, exclusive=True),
    "consume before others": lambda channel, name: hostile.consume(channel, name, arguments={"x-priority": 1000}),
    "get": lambda channel, name: channel.basic_get(name, no_ack=True),
    "purge": lambda channel, name: channel.queue_purge(name),
    "delete": lambda channel, name: channel.queue_delete(name),
    "declare": lambda channel, name: channel.queue_declare(name, durable=True, auto_delete=False),
    "bind": _bind,
    "unbind": lambda channel, name: channel.queue_unbind(name, "chat.rooms", "lobby"),
    "publish to": lambda channel, name: hostile.publish(channel, "", name),
}
TO_EXCHANGES: dict[str, Callable[[Any, str], object]] = {
    "declare": _redeclare_exchange,
    "delete": lambda channel, name: channel.exchange_delete(name),
    "bind a room to": _hear,
    "feed from": lambda channel, name: channel.exchange_bind("amq.fanout", name, ""),
    "feed": lambda channel, name: channel.exchange_bind(name, "amq.fanout", ""),
    "unbind": lambda channel, name: channel.exchange_unbind("amq.fanout", name, ""),
}
# These need the right to read.
READING = {"consume alone", "consume before others", "get", "purge"}


@pytest.mark.parametrize("action", TO_QUEUES)
@pytest.mark.parametrize("who", [*STRANGERS, "admin"])
def test_a_stranger_changes_no_queue_and_takes_no_message_from_one(objects: Objects, who: str, action: str) -> None:
    allowed = MAY_READ[who] if action in READING else set()

    assert let_through(outcomes(login_of(objects, who), objects.queues, TO_QUEUES[action])) == allowed


@pytest.mark.parametrize("action", TO_EXCHANGES)
@pytest.mark.parametrize("who", [*STRANGERS, "admin"])
def test_a_stranger_changes_no_exchange(objects: Objects, who: str, action: str) -> None:
    assert let_through(outcomes(login_of(objects, who), objects.exchanges, TO_EXCHANGES[action])) == set()


@pytest.mark.parametrize("action", ["get", "purge"])
def test_nobody_takes_entries_out_of_a_room(objects: Objects, action: str) -> None:
    answer = outcomes(login_of(objects, "session"), ["room.lobby"], TO_QUEUES[action])

    assert answer == {"room.lobby": "NOT_IMPLEMENTED"}, "a stream gives out nothing but entries to consumers"


def test_nobody_keeps_others_from_reading_a_room(objects: Objects) -> None:
    eve, ann = (hostile.session(objects.broker, objects.vhost) for _ in range(2))
    with eve.open() as connection:
        greedy: list[dict[str, Any]] = [{"exclusive": True}, {"arguments": {"x-priority": 1000}}]
        for options in greedy:
            with suppress(AMQPError):  # RabbitMQ may refuse it
                hostile.consume(connection.channel(), "room.lobby", **options)
        assert hostile.attempt(ann, lambda channel: hostile.consume(channel, "room.lobby")) == ""
        assert hostile.attempt(eve, lambda channel: hostile.consume(channel, "room.lobby", consumer_tag="x")) == ""
