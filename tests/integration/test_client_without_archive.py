"""A person who joins while no archive answers: new messages only, each once."""

import secrets

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_client.events import Event, Joined, MessageReceived
from chat_client.session import Session
from chat_wire.codec import encode
from chat_wire.messages import Batch, Notice, Post, Run
from testkit.processes import System
from testkit.wait import until


def batch(*sequences: int) -> Batch:
    posts = tuple(Post(sequence=number, client_ts=0, text=f"text {number}") for number in sequences)
    return Batch(
        room="lobby", router="router-1", server_ts=1, runs=(Run(session="s", user="bob", author="", posts=posts),)
    )


def publish(system: System, entry: Batch | Notice) -> None:
    """Publish an entry of the room, as a router does."""
    with connect(system.url("router"), "test") as connection:
        publisher = Publisher(connection.channel())
        publisher.publish(Publication(exchange=topology.ROOM.name, routing_key="lobby", body=encode(entry)))
        while publisher.unconfirmed:
            connection.drain_events(timeout=10)


def test_a_message_from_before_is_not_shown_when_the_room_repeats_it(system: System) -> None:
    *_, archive = system.all()  # each declares what clients use
    archive.kill()
    publish(system, batch(1))
    publish(system, Notice(id="n", room="lobby", kind="joined", user="bob", at=1))
    told: list[Event] = []
    session = Session(system.url("client"), secrets.token_hex(32), told.append)
    session.start()
    session.join("ann")
    until(lambda: any(isinstance(each, Joined) for each in told), 20)

    publish(system, batch(1, 2))

    until(lambda: any(isinstance(each, MessageReceived) for each in told), 20)
    session.close()
    assert [each.text for each in told if isinstance(each, MessageReceived)] == ["text 2"]
