"""The testkit's member of the chat, on a broker with the queues of the services, for which the test answers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from kombu.connection import Connection

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_wire.codec import decode, encode
from chat_wire.messages import Claim, Granted, Posts, Renew
from testkit.chatter import Chatter
from testkit.processes import System
from testkit.tokens import grant, member


@pytest.fixture
def operator(system: System) -> Iterator[Connection]:
    url = f"{system.broker.amqp_url.rstrip('/')}/{system.vhost}"
    with connect(url, "test") as connection:
        declare(connection, *topology.REGISTRY_QUEUES, topology.posts(3), *topology.ROOM_STREAMS)
        yield connection


def test_a_member_posts_with_its_card_and_the_broker_vouches_for_its_session(
    system: System, operator: Connection
) -> None:
    ann = member(system, "ann")

    ann.join()
    ann.post("hola")
    ann.confirmed()

    post = received(operator, "router.posts.3")
    assert ann.granted
    assert post.properties["user_id"] == ann.granted.session
    assert decode(post.body, Posts).card == ann.granted.card


def test_a_member_is_answered_at_the_entrance_and_as_a_session(system: System, operator: Connection) -> None:
    ann = Chatter(system.url("client"))
    ann.entrance.publish("chat.entrance", "", encode(Claim(request="r1", name="ann", secret=ann.secret)))
    claim = received(operator, "registry.requests")
    assert topology.is_reply_address(claim.properties["reply_to"])

    answer(operator, claim, replace(grant(system, "ann", "author"), request="r1"))
    ann.granted = ann.answer("r1")
    ann.enter()
    ann.publish("chat.members", "", encode(Renew(request="r2")))
    renewal = received(operator, "registry.requests")
    answer(operator, renewal, replace(grant(system, "ann", "author"), request="r2"))

    assert isinstance(ann.granted, Granted)
    assert renewal.properties["user_id"] == ann.granted.session
    assert isinstance(ann.answer("r2"), Granted)


def received(connection: Connection, queue: str) -> Any:
    """Consume a queue until a message has arrived, and return it."""
    found: list[Any] = []
    channel: Any = connection.channel()
    channel.auto_decode = False
    channel.basic_consume(queue, no_ack=True, callback=found.append)
    while not found:
        connection.drain_events(timeout=10)
    channel.close()
    return found[0]


def answer(connection: Connection, request: Any, message: Any) -> None:
    """Answer a request as a service does."""
    channel: Any = connection.channel()
    channel.basic_publish(
        channel.prepare_message(encode(message), content_type="application/json"),
        routing_key=request.properties["reply_to"],
    )
