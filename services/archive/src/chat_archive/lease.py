"""The writer lease: only the replica that holds it writes to log.txt and the index.

Holding a message of `archive.writer`, a queue with a single active consumer, is the lease. The holder leaves the newest
message unacknowledged (`Source.keep_last`), so RabbitMQ gives it to another replica once the holder's connection is
closed. All messages of the queue are alike, and the holder acknowledges the older ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_wire.codec import encode
from chat_wire.units import SECOND
from chat_worker.delivery import Delivery, Source

log = structlog.get_logger()

# RabbitMQ closes the channel of a consumer that leaves a delivery unacknowledged for 30 minutes (its default
# consumer_timeout), so the holder replaces the message long before that.
RENEW_AFTER = 300 * SECOND


@dataclass(frozen=True, slots=True)
class LeaseMessage:
    """The message of `archive.writer`. It has no content: holding it is the right to write."""

    type: str = "baton"


class WriterLease:
    """Whether this replica holds the writer lease. The lease ends with the connection, and so does this object."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """Begin without the lease.

        Args:
            clock: Returns steady time in microseconds.
        """
        self._clock = clock
        self._renewed_at: int | None = None

    @property
    def held(self) -> bool:
        """Whether this replica holds the lease."""
        return self._renewed_at is not None

    def source(self) -> Source:
        """Return the source to consume for the lease."""
        return Source(queue=topology.WRITER_LEASE.name, handle=self._hold, keep_last=True)

    def message(self) -> Publication:
        """Return a message for the queue.

        Every replica publishes one when it begins to serve, with or without the lease, so the queue always has one.
        """
        return Publication(
            exchange=topology.DEFAULT.name, routing_key=topology.WRITER_LEASE.name, body=encode(LeaseMessage())
        )

    def renewal(self) -> list[Publication]:
        """Return a message that replaces the one held, once that is RENEW_AFTER old; else nothing."""
        time = self._clock()
        if self._renewed_at is None or time - self._renewed_at < RENEW_AFTER:
            return []
        self._renewed_at = time
        return [self.message()]

    def _hold(self, _deliveries: Sequence[Delivery]) -> list[Publication]:
        if self._renewed_at is None:
            log.info("baton.taken")
            self._renewed_at = self._clock()
        return []
