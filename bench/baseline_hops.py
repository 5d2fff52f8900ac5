"""The baseline "bare two hops", from a quorum queue to a stream: the cost of Kombu and the broker alone.

    python -m bench.baseline_hops URL

The process publishes all messages of the queue to the stream, and acknowledges them after the confirms.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kombu.entity import Exchange, Queue

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_amqp.publisher import Publication, Publisher

ROOM = "baseline"
QUEUE = Queue(
    "baseline", Exchange("chat.baseline", type="direct"), "baseline", queue_arguments={"x-queue-type": "quorum"}
)
PREFETCH = 256


@contextmanager
def hops(url: str) -> Iterator[int]:
    """Run the relay from QUEUE to the stream of ROOM in a process of its own, and yield the id of that process."""
    with connect(url, "baseline") as connection:
        declare(connection, QUEUE, topology.room(ROOM))
    process = subprocess.Popen([sys.executable, "-m", "bench.baseline_hops", url], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
    finally:
        process.kill()
        process.wait(10)


def relay(url: str) -> None:
    """Relay until the process is killed."""
    incoming, outgoing = connect(url, "baseline consuming"), connect(url, "baseline publishing")
    publisher = Publisher(outgoing.channel())
    arrived: list[Any] = []
    channel: Any = incoming.channel()
    channel.auto_decode = False
    channel.basic_qos(0, PREFETCH, False)
    channel.basic_consume(QUEUE.name, callback=arrived.append)
    print("ready", flush=True)
    while True:
        _drain(incoming, 1)
        if arrived:
            _publish_all(outgoing, publisher, arrived)
            channel.basic_ack(arrived[-1].delivery_tag, multiple=True)
            arrived.clear()
        outgoing.heartbeat_check()
        incoming.heartbeat_check()


def _publish_all(outgoing: Any, publisher: Publisher, messages: list[Any]) -> None:
    for message in messages:
        publisher.publish(Publication(exchange=topology.ROOM.name, routing_key=ROOM, body=message.body))
    while publisher.unconfirmed:
        outgoing.drain_events(timeout=10)


def _drain(connection: Any, seconds: float) -> None:
    with suppress(TimeoutError):
        connection.drain_events(timeout=seconds)
        while True:
            connection.drain_events(timeout=0)


if __name__ == "__main__":
    relay(sys.argv[1])
