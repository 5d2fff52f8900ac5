"""The three kinds of queues of the chat. Policies have their other arguments (policies.py)."""

from kombu.entity import Exchange, Queue


def quorum(name: str, exchange: Exchange, routing_key: str = "") -> Queue:
    """Return a quorum queue: on disk, and on most nodes of a cluster before the broker confirms a message."""
    return Queue(name, exchange, routing_key, queue_arguments={"x-queue-type": "quorum"})


def single(name: str, exchange: Exchange, routing_key: str = "") -> Queue:
    """Return a quorum queue with a single active consumer: the others wait until that one has gone."""
    arguments = {"x-queue-type": "quorum", "x-single-active-consumer": True}
    return Queue(name, exchange, routing_key, queue_arguments=arguments)


def stream(name: str, exchange: Exchange, routing_key: str = "") -> Queue:
    """Return a stream: an append-only log that any number of consumers read."""
    return Queue(name, exchange, routing_key, queue_arguments={"x-queue-type": "stream"})
