"""The streams of a registry, which tests fill and read as the registry's broker user."""

import secrets
from contextlib import suppress
from typing import Any

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_amqp.publisher import Publication, Publisher
from chat_registry.journal import Departed
from chat_wire.codec import encode
from testkit.processes import System


def fill_journal(system: System, entries: int) -> None:
    """Append old departures of unknown inboxes."""
    inboxes = [f"inbox.{secrets.token_hex(16)}" for _ in range(entries)]
    publish(system, "chat.journal", [encode(Departed(origin="other", time=1, inbox=inbox)) for inbox in inboxes])


def publish(system: System, exchange: str, bodies: list[bytes]) -> None:
    """Publish to a stream as the registry's broker user."""
    with connect(system.url("registry"), "test") as connection:
        publisher = Publisher(connection.channel())
        for body in bodies:
            publisher.publish(Publication(exchange=exchange, routing_key="", body=body))
        while publisher.unconfirmed:
            connection.drain_events(timeout=10)


def oldest_offset(system: System, queue: str = "registry.journal") -> int:
    """Return the offset of the oldest entry that is still in a stream; -1 if the broker is removing it right now."""
    offsets: list[int] = []
    with suppress(ConnectionError), connect(system.url("registry"), "reader") as connection:
        channel: Any = connection.channel()
        channel.basic_qos(0, 1, False)
        channel.basic_consume(
            queue,
            callback=lambda message: offsets.append(message.headers["x-stream-offset"]),
            arguments={"x-stream-offset": "first"},
        )
        connection.drain_events(timeout=10)
    return offsets[0] if offsets else -1


def declare_streams(system: System) -> None:
    """Declare the registry's queues and streams, as its first replica does."""
    with connect(system.url("registry"), "test") as connection:
        declare(connection, *topology.REGISTRY_QUEUES)
