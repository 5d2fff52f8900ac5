"""Queues that exist when a service starts, made by an older version or by hand, and the policies that act on queues."""

from collections.abc import Iterator
from typing import Any

import pytest
from kombu.connection import Connection

from chat_amqp import former, topology
from chat_amqp.connection import connect
from chat_amqp.declarations import Difference, check_identity, declare
from chat_amqp.errors import DeclarationRefused, UnknownBroker
from chat_amqp.policies import QUESTIONS, WORK
from chat_wire.limits import PARTITIONS
from chat_worker.health import problem
from testkit.broker import TestBroker
from testkit.former import former_member
from testkit.processes import System
from testkit.wait import until

QUORUM = {"x-queue-type": "quorum"}
WORK_ARGUMENTS = {**QUORUM, "x-delivery-limit": 1_000_000, "x-dead-letter-exchange": "chat.dead"}
SINGLE_ARGUMENTS = {**WORK_ARGUMENTS, "x-single-active-consumer": True}
QUERY_ARGUMENTS = {**QUORUM, "x-message-ttl": 10_000, "x-delivery-limit": 1_000_000}
# As version 0.2.0 declared them.
OLD_QUEUES: dict[str, dict[str, Any]] = {
    "registry.commands": WORK_ARGUMENTS,
    "archive.queries": QUERY_ARGUMENTS,
    "archive.writer": SINGLE_ARGUMENTS,
    **{f"router.ingress.{partition}": SINGLE_ARGUMENTS for partition in range(PARTITIONS)},
}


@pytest.fixture
def connection(broker: TestBroker, vhost: str) -> Iterator[Connection]:
    """Yield a connection of an operator with all permissions."""
    with connect(f"{broker.amqp_url.rstrip('/')}/{vhost}", "test") as connected:
        yield connected


def make(connection: Connection, name: str, **arguments: Any) -> None:
    channel: Any = connection.channel()
    channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
    channel.close()


def events(process: Any, event: str) -> list[tuple[str, Any]]:
    return [(line["level"], line.get("queue") or line.get("name")) for line in process.lines(event)]


def test_queues_of_version_0_2_0_are_used_as_they_are(system: System, connection: Connection) -> None:
    for name, arguments in OLD_QUEUES.items():
        make(connection, name, **arguments)
    services = system.all()
    ann = former_member(system, "ann")
    ann.join()

    (sent,) = ann.post("hola")

    until(lambda: [line["id"] for line in system.recorded()] == [sent])
    differing = {name for process in services for line in process.lines("queue.differs") for name in line["queues"]}
    assert differing == set(OLD_QUEUES)
    assert {level for process in services for level, _ in events(process, "queue.differs")} == {"info"}


def test_another_ttl_is_named_and_the_archive_serves(system: System, connection: Connection) -> None:
    make(connection, "archive.queries", **{**QUERY_ARGUMENTS, "x-message-ttl": 20_000})
    archive = system.started("archive")
    (line,) = (line for line in archive.lines("queue.differs") if line["level"] == "warning")
    found = {key: line[key] for key in ("queue", "argument", "found", "policy")}
    assert found == {"queue": "archive.queries", "argument": "x-message-ttl", "found": 20_000, "policy": 10_000}
    assert archive.lines("broker.lost") == []


def test_a_classic_queue_in_place_of_a_quorum_queue_is_named_with_what_to_do(
    system: System, connection: Connection
) -> None:
    make(connection, "archive.queries")
    archive = system.start("archive")
    (line,) = until(lambda: archive.lines("declaration.refused"))
    assert (line["level"], line["name"]) == ("error", "archive.queries")
    assert "exists with x-queue-type classic, and this version needs x-queue-type quorum" in line["error"]
    assert "rabbitmqctl delete_queue archive.queries" in line["error"]
    assert archive.lines("broker.lost") == []
    assert "needs x-queue-type quorum" in str(problem(archive.health))


def test_a_queue_is_refused_if_its_consumers_are_not_single(connection: Connection) -> None:
    make(connection, "router.ingress.0", **WORK_ARGUMENTS)
    with pytest.raises(DeclarationRefused, match="0 exists with x-single-active-consumer not set") as error:
        declare(connection, former.ingress(0))
    assert error.value.name == "router.ingress.0"


def test_an_exchange_of_another_type_is_refused(connection: Connection) -> None:
    connection.channel().exchange_declare("chat.ingress", "topic", durable=True, auto_delete=False)
    with pytest.raises(DeclarationRefused, match=r"chat.ingress exists with type topic, .* needs type direct"):
        declare(connection, former.ingress(0))


def test_unknown_arguments_of_a_queue_are_all_returned(connection: Connection) -> None:
    arguments: dict[str, Any] = {"x-max-length": 1000, "x-overflow": "reject-publish"}
    make(connection, "dead-letters", **QUORUM, **arguments)
    assert set(declare(connection, topology.DEAD_LETTERS)) == {
        Difference("queue", "dead-letters", name, None, value) for name, value in arguments.items()
    }


def test_policies_hold_for_the_queues_that_services_declare(
    broker: TestBroker, vhost: str, connection: Connection
) -> None:
    declare(connection, former.COMMANDS, former.ingress(15), topology.WRITER_LEASE, former.QUERIES)
    expected = {
        **dict.fromkeys(("registry.commands", "router.ingress.15", "archive.writer"), WORK.definition),
        "archive.queries": QUESTIONS.definition,
    }
    queues: dict[str, Any] = {}

    def known() -> bool:
        queues.update({name: broker.queue(vhost, name) for name in expected})
        return all(queue.get("effective_policy_definition") for queue in queues.values())

    until(known)
    assert {name: queue["effective_policy_definition"] for name, queue in queues.items()} == expected
    assert {argument for queue in queues.values() for argument in queue["arguments"]} == {
        "x-queue-type",
        "x-single-active-consumer",
    }


def count(channel: Any, name: str) -> int:
    return int(channel.queue_declare(name, passive=True).message_count)


def test_a_question_expires_and_leaves_no_dead_letter(connection: Connection) -> None:
    declare(connection, former.QUERIES, topology.DEAD_LETTERS)
    channel: Any = connection.channel()
    channel.basic_publish(channel.prepare_message(b"{}"), "chat.archive", "archive.queries")
    until(lambda: count(channel, "archive.queries") == 1)
    until(lambda: count(channel, "archive.queries") == 0, 20, "the question has expired")
    assert count(channel, "dead-letters") == 0


def test_a_message_survives_more_deliveries_than_rabbitmq_allows_by_default(connection: Connection) -> None:
    declare(connection, former.COMMANDS, topology.DEAD_LETTERS)
    channel: Any = connection.channel()
    channel.basic_publish(channel.prepare_message(b"{}"), "chat.registry", "registry.commands")
    for _ in range(30):
        message = until(lambda: channel.basic_get("registry.commands"))
        channel.basic_reject(message.delivery_tag, requeue=True)
    until(lambda: count(channel, "registry.commands") == 1)


def test_a_rejected_message_becomes_a_dead_letter(connection: Connection) -> None:
    declare(connection, former.COMMANDS, topology.DEAD_LETTERS)
    channel: Any = connection.channel()
    channel.basic_publish(channel.prepare_message(b"{}"), "chat.registry", "registry.commands")
    message = until(lambda: channel.basic_get("registry.commands"))
    channel.basic_reject(message.delivery_tag, requeue=False)
    until(lambda: count(channel, "dead-letters") == 1)


@pytest.mark.parametrize("user", ["registry", "router", "archive"])
def test_a_service_recognises_its_broker(broker: TestBroker, vhost: str, connection: Connection, user: str) -> None:
    mine, other = "0123456789abcdef", "f" * 16
    connection.channel().exchange_declare(topology.identity(mine).name, "fanout", durable=True, auto_delete=False)
    with connect(broker.url(user, vhost), "test") as service:
        check_identity(service, mine)
        with pytest.raises(UnknownBroker, match=f"lacks the exchange chat.identity.{other}.*chat-admin new-broker"):
            check_identity(service, other)


def test_a_service_declares_nothing_on_an_unknown_broker(system: System) -> None:
    router = system.start("router", BROKER_ID="f" * 16)
    (line,) = until(lambda: router.lines("broker.unknown"))
    assert line["level"] == "error"
    assert "chat.identity.ffffffffffffffff" in str(problem(router.health))
    assert system.broker.queue(system.vhost, "room.lobby") == {}
