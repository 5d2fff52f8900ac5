"""The first step of a replica: it loads the newest complete snapshot.

The replica publishes a marker to the stream of snapshots and reads the stream until the marker comes back. Then it
loads the snapshot whose last part arrived last, and begins with the journal (`replay`). It passes over a snapshot that
it cannot read: the older one, and more of the journal, lead to the same state.
"""

from collections.abc import Callable, Iterator, Sequence

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_registry.identity import ReplicaIdentity
from chat_registry.snapshots import Collector, restore
from chat_registry.view import View
from chat_wire.errors import WireError
from chat_worker.broker import Broker
from chat_worker.delivery import Delivery, Source

log = structlog.get_logger()


class Bootstrap:
    """Loads the newest complete snapshot into a view."""

    def __init__(
        self, identity: ReplicaIdentity, view: View, broker: Broker, *, on_loaded: Callable[[], Iterator[Publication]]
    ) -> None:
        """Prepare to load.

        Args:
            identity: The replica.
            view: The view to load the snapshot into; it stays empty if no snapshot is complete.
            broker: The connection.
            on_loaded: Begins the next step.
        """
        self._identity = identity
        self._view = view
        self._broker = broker
        self._on_loaded = on_loaded
        self._collector = Collector()
        self._passed_over = 0
        self._last_refusal: tuple[int | None, WireError] | None = None

    def begin(self) -> Publication:
        """Begin to read the stream of snapshots, and return the marker that ends this step."""
        self._broker.consume(
            Source(queue=topology.SNAPSHOTS_STREAM.name, handle=self.read, offset="first", prefetch=16)
        )
        return self._identity.marker(topology.SNAPSHOTS.name)

    def read(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Collect the parts of snapshots until the marker comes back, then load one and begin the next step."""
        for delivery in deliveries:
            if self._identity.is_own_marker(delivery.body):
                self._broker.cancel(topology.SNAPSHOTS_STREAM.name)
                self._load()
                yield from self._on_loaded()
                return
            self._collect(delivery)

    def _collect(self, delivery: Delivery) -> None:
        try:
            if self._collector.add(delivery.body):
                self._passed_over = 0
        except WireError as error:
            self._passed_over += 1
            self._last_refusal = (delivery.offset, error)

    def _load(self) -> None:
        parts = self._collector.newest()
        self._collector = Collector()  # releases the bodies of the parts
        if parts:
            self._view.load(restore(parts), anchor=parts[0].entry)
        if self._passed_over and self._last_refusal:
            offset, error = self._last_refusal
            log.warning(
                "snapshot.refused", count=self._passed_over, offset=offset, reason=error.reason, error=str(error)
            )
            self._view.lacks_snapshot = True
