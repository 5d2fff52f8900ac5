"""A service that some messages crash; started as `python -m testkit.fragile`.

It publishes the messages of two partitions to the lobby. The body of a message says how it crashes the process.
"""

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog

from chat_amqp import former, topology
from chat_amqp.publisher import Publication
from chat_worker.broker import Broker
from chat_worker.delivery import Delivery, Source
from chat_worker.main import main
from chat_worker.runtime import ServiceFactory

PARTITIONS = (0, 1)

log = structlog.get_logger()


class Fragile:
    """Handles all messages except poison."""

    def __init__(self, broker: Broker) -> None:
        """Create the service for a new connection."""
        self._broker = broker

    def start(self) -> Iterable[Publication]:
        """Consume both partitions, as a router does."""
        self._broker.declare(*map(former.ingress, PARTITIONS), *topology.ROOM_STREAMS, topology.DEAD_LETTERS)
        for partition in PARTITIONS:
            self._broker.consume(Source(queue=former.ingress(partition).name, handle=self.handle))
        return []

    def close(self) -> None:
        """Do nothing: the service holds no resources."""

    def tick(self) -> Iterable[Publication]:
        """Do nothing: the service has no timers."""
        return []

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """Fail: all queues exist, so the broker returns nothing."""
        raise AssertionError((exchange, routing_key))

    def health(self) -> Mapping[str, Any]:
        """Report that the service is ready."""
        return {"ready": True}

    def handle(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """Publish all bodies to the lobby, or crash."""
        for delivery in deliveries:
            if delivery.body == b"exit":
                os._exit(1)
            if delivery.body == b"stuck":
                log.info("fragile.stuck")
                threading.Event().wait()
            if delivery.body == b"raise":
                raise RuntimeError("a bug")
        return [
            Publication(exchange=topology.ROOM.name, routing_key="lobby", body=delivery.body) for delivery in deliveries
        ]


def build(_environ: Mapping[str, str], _instance: str) -> ServiceFactory:
    """Return the function that makes the service."""
    return Fragile


if __name__ == "__main__":
    main("fragile", build)
