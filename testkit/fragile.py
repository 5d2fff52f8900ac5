"""A service that dies of some of what it is given; started as `python -m testkit.fragile`.

It passes on what comes in two partitions to the lobby. A body says what it does to the process that handles it.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chat_amqp import topology
from chat_worker.main import main
from chat_worker.runtime import Broker, Delivery, Publication, Source

PARTITIONS = (0, 1)


class Fragile:
    """Handles everything but poison."""

    def __init__(self, broker: Broker) -> None:
        """Make the service of a new connection."""
        self._broker = broker

    def start(self) -> Iterable[Publication]:
        """Consume both partitions, as a router does."""
        self._broker.declare(*map(topology.ingress, PARTITIONS), *topology.ROOM_STREAMS, topology.DEAD_LETTERS)
        for partition in PARTITIONS:
            self._broker.consume(Source(queue=topology.ingress(partition).name, handle=self.handle))
        return []

    def close(self) -> None:
        """Do nothing: it holds nothing."""

    def tick(self) -> Iterable[Publication]:
        """Nothing goes by time."""
        return []

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """Every queue is there."""
        raise AssertionError((exchange, routing_key))

    def health(self) -> Mapping[str, Any]:
        """It is always ready."""
        return {"ready": True}

    def handle(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """Pass everything on, or die."""
        for delivery in deliveries:
            if delivery.body == b"exit":
                os._exit(1)
            if delivery.body == b"raise":
                raise RuntimeError("a bug")
        return [
            Publication(exchange=topology.ROOM.name, routing_key="lobby", body=delivery.body) for delivery in deliveries
        ]


if __name__ == "__main__":
    main("fragile", lambda _environ, _instance: Fragile)
