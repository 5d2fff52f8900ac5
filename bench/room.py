"""Reading the entries of a room's stream."""

from typing import Any

from bench.frames import POST
from chat_amqp import topology
from chat_amqp.connection import connect


def entries(url: str, posts: int) -> list[bytes]:
    """Return the bodies of the lobby's entries with posts, from the first one on, until they have this many posts."""
    bodies: list[bytes] = []

    def on_message(message: Any) -> None:
        message.channel.basic_ack(message.delivery_tag)
        if POST in message.body:
            bodies.append(message.body)

    with connect(url, "entries") as connection:
        channel: Any = connection.channel()
        channel.auto_decode = False
        channel.basic_qos(0, 500, False)
        channel.basic_consume(topology.room("lobby").name, callback=on_message, arguments={"x-stream-offset": "first"})
        count = seen = 0
        while count < posts:
            connection.drain_events(timeout=30)
            count += sum(body.count(POST) for body in bodies[seen:])
            seen = len(bodies)
    return bodies
