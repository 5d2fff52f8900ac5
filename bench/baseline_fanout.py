"""The baseline of a flood: a bare Kombu relay, one message at a time, to an exclusive queue for each member.

It is the chat that an engineer writes on RabbitMQ in an hour: without disk, publisher confirms or validation.
"""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from typing import Any

from kombu.entity import Exchange, Queue
from kombu.messaging import Consumer, Producer

from bench import frames
from bench.reader import quiet_connection
from chat_wire.codec import encode
from chat_wire.messages import Post

START_SECONDS = 30
PREFETCH = 256

INCOMING = Queue("baseline.incoming", durable=False)
COPIES = Exchange("chat.baseline.copies", type="fanout")


@contextmanager
def fanout(url: str) -> Iterator[int]:
    """Run the relay in a process of its own, and yield the id of that process."""
    spawning = multiprocessing.get_context("spawn")
    pipe, theirs = spawning.Pipe()
    process = spawning.Process(target=_relay, args=(url, theirs), daemon=True)
    process.start()
    try:
        assert pipe.poll(START_SECONDS), f"the baseline did not start within {START_SECONDS} s"
        pipe.recv()
        assert process.pid
        yield process.pid
    finally:
        process.kill()
        process.join()


def attach_copies(channel: Any) -> None:
    """Consume the relayed messages from an exclusive queue."""
    queue = Queue(exchange=COPIES, exclusive=True, auto_delete=True, durable=False)(channel)
    queue.declare()
    channel.basic_consume(queue.name, no_ack=True)


def send(url: str, posts: int) -> None:
    """Publish posts one by one, with the least possible work for each."""
    bodies = (encode(Post(sequence=number, client_ts=0, text=f"{number:060}")) for number in range(1, posts + 1))
    with quiet_connection(url) as connection:
        channel = connection.channel().channel_id
        connection.connection.sock.sendall(
            b"".join(frames.publish(channel, "", INCOMING.name, body) for body in bodies)
        )


def _relay(url: str, pipe: Pipe) -> None:
    """Relay until the process is killed.

    This takes two connections: py-amqp also receives while it publishes, so `on_message` would call itself.
    """
    with quiet_connection(url) as incoming, quiet_connection(url) as outgoing:
        producer = Producer(outgoing, COPIES)

        def on_message(message: Any) -> None:
            producer.publish(message.body, delivery_mode=1, content_type="application/json", content_encoding="utf-8")
            message.ack()

        with Consumer(incoming, [INCOMING], on_message=on_message, prefetch_count=PREFETCH):
            pipe.send("ready")
            while True:
                incoming.drain_events()
