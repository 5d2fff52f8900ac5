"""No login of a person makes anything at the broker, and the keys and properties of a message have limits."""

from collections.abc import Callable
from typing import Any

import amqp
import pytest
from amqp import spec
from amqp.exceptions import AMQPError
from amqp.sasl import AMQPLAIN, PLAIN

from chat_amqp import topology
from tests.security import hostile
from tests.security.conftest import Objects
from tests.security.hostile import PARTITION, REFUSED, Login, attempt
from tests.security.test_matrix import login_of

NO_CHOICE = ("entrance", "session", "monitor", "admin")
OF_A_FORMER_CLIENT = f"inbox.{'0123456789abcdef' * 2}"
NAMES = (OF_A_FORMER_CLIENT, "room.x", "room.lobby.x", "chat.x", "amq.x", "", "x")
ARGUMENTS: dict[str, dict[str, Any]] = {
    "none": {},
    "dead letters to any queue": {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "room.lobby"},
    "dead letters to an exchange": {"x-dead-letter-exchange": "chat.operator"},
    "a length": {"x-max-length": 1, "x-overflow": "reject-publish"},
    "a priority": {"x-max-priority": 255},
    "a time to live": {"x-message-ttl": 0},
    "a stream": {"x-queue-type": "stream", "x-stream-max-segment-size-bytes": 1},
    "a quorum queue": {"x-queue-type": "quorum"},
}


def _queue(name: str, arguments: dict[str, Any], **options: Any) -> Callable[[Any], object]:
    wanted = {"durable": True, "auto_delete": False, **options}
    return lambda channel: channel.queue_declare(name, arguments=arguments, **wanted)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("who", NO_CHOICE)
def test_a_stranger_declares_no_queue(objects: Objects, who: str, name: str) -> None:
    login = login_of(objects, who)

    for arguments in ARGUMENTS.values():  # some cannot be, with a name that the broker chooses
        assert attempt(login, _queue(name, arguments)) in (REFUSED, "PRECONDITION_FAILED" if not name else REFUSED)
    assert attempt(login, _queue(name, {}, durable=False, exclusive=True, auto_delete=True)) == REFUSED
    assert listed(objects, "queues") == set(objects.queues)


def listed(objects: Objects, kind: str) -> set[str]:
    """Return the names of the exchanges or of the queues that are there now."""
    return {each["name"] for each in objects.broker.call("GET", f"{kind}/{objects.vhost}")}


@pytest.mark.parametrize("kind", ["fanout", "direct", "topic", "headers"])
@pytest.mark.parametrize("who", NO_CHOICE)
def test_a_stranger_declares_no_exchange(objects: Objects, who: str, kind: str) -> None:
    login = login_of(objects, who)

    for name in filter(None, NAMES):
        for arguments in ({}, {"alternate-exchange": "chat.operator"}):
            assert attempt(login, _exchange(name, kind, arguments)) == REFUSED, name
    assert listed(objects, "exchanges") == set(objects.exchanges)


def _exchange(name: str, kind: str, arguments: dict[str, Any]) -> Callable[[Any], object]:
    return lambda channel: channel.exchange_declare(name, kind, durable=True, auto_delete=False, arguments=arguments)


# A topic exchange checks the routing key.
SESSION_KEYS = {
    ("chat.posts", f"{PARTITION}.room.lobby"): "",
    ("chat.posts", f"{PARTITION}.room.other"): "",
    ("chat.posts", f"{PARTITION + 1}.room.lobby"): REFUSED,
    ("chat.posts", f"1{PARTITION}.room.lobby"): REFUSED,
    ("chat.posts", f"{PARTITION}"): REFUSED,
    ("chat.posts", f"{PARTITION}.private.x"): REFUSED,
    ("chat.posts", "#"): REFUSED,
    ("chat.posts", "*.room.lobby"): REFUSED,
    ("chat.posts", ""): REFUSED,
    ("chat.questions", "room.lobby"): "",
    ("chat.questions", "mine"): "",
    ("chat.questions", "mine.x"): REFUSED,
    ("chat.questions", "private.x"): REFUSED,
    ("chat.questions", "archive.questions"): REFUSED,
    ("chat.questions", ""): REFUSED,
    ("chat.questions", "#"): REFUSED,
}


@pytest.mark.parametrize(("exchange", "key"), SESSION_KEYS)
def test_a_session_uses_the_routing_keys_of_its_scopes_only(objects: Objects, exchange: str, key: str) -> None:
    tried = attempt(login_of(objects, "session"), lambda channel: hostile.publish(channel, exchange, key))

    assert tried == SESSION_KEYS[exchange, key]


USER_IDS = ["registry", "router", "admin", "guest", "client", "a" * 32, "", " ", "x" * 255]


@pytest.mark.parametrize("user_id", USER_IDS)
@pytest.mark.parametrize("who", ["entrance", "session"])
def test_a_message_with_the_user_of_somebody_else_is_refused(objects: Objects, who: str, user_id: str) -> None:
    login = login_of(objects, who)
    exchange = "chat.entrance" if who == "entrance" else "chat.members"

    def send(channel: Any, user_id: str = user_id) -> None:
        hostile.publish(channel, exchange, user_id=user_id)

    assert attempt(login, send) == "PRECONDITION_FAILED"
    assert attempt(login, lambda channel: send(channel, login.user)) == ""


MODES: dict[str, Callable[[Any], object]] = {
    "publish to itself through another's reply address": lambda channel: hostile.publish(
        channel, "", f"{topology.REPLY_TO}.g1h2.x"
    ),
    "publish to the pseudo-queue": lambda channel: hostile.publish(channel, "", topology.REPLY_TO),
    "consume another's reply address": lambda channel: channel.basic_consume(
        f"{topology.REPLY_TO}.g1h2.x", no_ack=True, callback=print
    ),
    "publish in a transaction": lambda channel: _in_transaction(channel),
    "consume the broker's log": lambda channel: channel.queue_bind("room.lobby", "amq.rabbitmq.log", "#"),
    "hear the broker's events": lambda channel: channel.queue_bind("room.lobby", "amq.rabbitmq.event", "#"),
    "make events": lambda channel: hostile.publish(channel, "amq.rabbitmq.event", "connection.closed"),
    "make the broker trace": lambda channel: hostile.publish(channel, "amq.rabbitmq.trace", "publish.x"),
}


def _in_transaction(channel: Any) -> None:
    channel.tx_select()
    channel.basic_publish(amqp.Message(b"{}"), "chat.operator", "registry.requests")
    channel.tx_commit()


@pytest.mark.parametrize("what", MODES)
@pytest.mark.parametrize("who", ["entrance", "session", "former client", "monitor"])
@pytest.mark.parametrize("everywhere", [True, False], ids=["/", "of the test"])
def test_a_stranger_must_not(objects: Objects, who: str, what: str, everywhere: bool) -> None:
    login = login_of(objects, who)
    if everywhere:  # only the virtual host / has the exchange of the broker's events
        at = Objects(objects.broker, "/", objects.exchanges, objects.queues)
        login = login_of(at, who)

    assert attempt(login, MODES[what]) in (REFUSED, "NOT_FOUND", "PRECONDITION_FAILED")


def test_a_session_enters_no_other_virtual_host(objects: Objects) -> None:
    login = hostile.session(objects.broker, objects.vhost)
    elsewhere = Login(objects.broker, "/", login.user, login.password)

    assert attempt(elsewhere, lambda channel: channel) == "NOT_ALLOWED"


def test_counts_of_another_queue_are_hidden_on_rabbitmq_4_only(objects: Objects) -> None:
    def look(channel: Any, name: str) -> None:
        channel.queue_declare(name, passive=True)

    seen = hostile.outcomes(login_of(objects, "entrance"), objects.queues, look)

    assert set(seen.values()) == ({""} if objects.broker.version() < (4,) else {REFUSED})


@pytest.mark.parametrize("who", ["session", "entrance"])
def test_the_broker_answers_nobody_through_its_management_api(objects: Objects, who: str) -> None:
    login = login_of(objects, who)
    for path in ("overview", "users", "connections", "definitions", "queues", "vhosts", "whoami", "nodes", "bindings"):
        assert hostile.management_status(login, path) == 401, path


def test_the_broker_offers_one_mechanism(objects: Objects) -> None:
    with login_of(objects, "entrance").open() as connection:
        assert connection.mechanisms == [b"PLAIN"]


class _Other:
    """A mechanism that the broker does not offer, with its response, or that of PLAIN."""

    def __init__(self, mechanism: str, login: Login) -> None:
        self.mechanism = mechanism.encode()
        kind = AMQPLAIN if mechanism == "AMQPLAIN" else PLAIN
        self._response: bytes = kind(login.user, login.password).start(None)

    def start(self, _connection: Any) -> bytes:
        """Return the response."""
        return self._response


@pytest.mark.parametrize("mechanism", ["ANONYMOUS", "EXTERNAL", "AMQPLAIN", "RABBIT-CR-DEMO", "plain", ""])
def test_the_broker_refuses_every_other_mechanism(objects: Objects, mechanism: str) -> None:
    login = login_of(objects, "entrance")
    connection = login.connection()
    connection.authentication = (_Other(mechanism, login),)
    # py-amqp chooses from what the broker offers, so it has to believe that the broker offers this one.
    start = connection._on_start
    connection._on_start = lambda a, b, properties, _offered, locales: start(a, b, properties, mechanism, locales)
    connection._callbacks[spec.Connection.Start] = connection._on_start

    with pytest.raises((AMQPError, OSError)):
        connection.connect()
    assert connection.mechanisms == [mechanism.encode()]
