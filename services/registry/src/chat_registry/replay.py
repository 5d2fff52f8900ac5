"""The second step of a replica: it applies the journal, and goes on with that as long as the connection lasts.

The replica publishes a marker to the journal and reads. Once the marker comes back, it has caught up with the other
replicas and begins to serve. From then on it publishes the outcomes of the entries that it appends itself.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_registry import effects, journal, metrics
from chat_registry.errors import Diverged
from chat_registry.identity import ReplicaIdentity
from chat_registry.journal import JournalEntry, JournalMarker, RequestedEntry
from chat_registry.outcome import Outcome
from chat_registry.snapshot_publisher import SnapshotPublisher
from chat_registry.view import View
from chat_wire.units import SECOND
from chat_worker.broker import Broker
from chat_worker.clock import steady
from chat_worker.delivery import Delivery, Source
from chat_worker.tracing import handling

log = structlog.get_logger()

SILENT_SECONDS = 5.0


class Replay:
    """Applies the journal to a view."""

    def __init__(
        self,
        identity: ReplicaIdentity,
        view: View,
        broker: Broker,
        *,
        snapshots: SnapshotPublisher,
        on_caught_up: Callable[[], Iterator[Publication]],
    ) -> None:
        """Prepare to replay.

        Args:
            identity: The replica.
            view: The view to apply the journal to.
            broker: The connection.
            snapshots: Publishes the snapshots that are due.
            on_caught_up: Begins to serve.
        """
        self._identity = identity
        self._view = view
        self._broker = broker
        self._snapshots = snapshots
        self._on_caught_up = on_caught_up
        self._silent_at = 0.0
        self._appended: deque[int] = deque()

    def begin(self) -> Iterator[Publication]:
        """Begin to read the journal where the view's snapshot ends, and yield a marker for the journal."""
        self._consume()
        yield self._identity.marker(topology.JOURNAL.name)

    def read(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Apply messages of the journal."""
        try:
            for delivery in deliveries:
                yield from self._apply(delivery)
        except Diverged as error:
            self._restart(error)

    def expect(self) -> None:
        """Expect to read one more message of this replica, which appends it now."""
        self._appended.append(steady())

    def waits_for(self) -> float:
        """Return for how many seconds the replica has waited for a message that it appended; 0 if it waits for none."""
        return (steady() - self._appended[0]) / SECOND if self._appended else 0.0

    def check_silence(self) -> None:
        """Read the journal from its first entry if it ends before the anchor of the snapshot."""
        if self._view.expects_anchor and time.monotonic() > self._silent_at:
            self._restart(Diverged("the journal ends before the last entry of the snapshot"))

    def _consume(self) -> None:
        self._silent_at = time.monotonic() + SILENT_SECONDS
        self._broker.consume(
            Source(queue=topology.JOURNAL_STREAM.name, handle=self.read, offset=self._view.start, prefetch=2000)
        )

    def _restart(self, why: Diverged) -> None:
        log.error("stream.diverged", stream=topology.JOURNAL_STREAM.name, error=str(why))
        self._view.restart()
        self._consume()

    def _apply(self, delivery: Delivery) -> Iterator[Publication]:
        """Apply a message; if this replica appended it, yield its outcomes and make the snapshot that is due."""
        read = self._view.read(delivery)
        due = self._view.snapshot_due(self._snapshots.every)
        if not read or read[0][0].origin != self._identity.origin:
            return
        self._note_own(read[0][0])
        for entry, outcome in read:
            if isinstance(entry, JournalMarker):
                due = due or self._view.lacks_snapshot
                yield from self._on_caught_up()
            else:
                yield from self._publish(entry, outcome)
        if due:
            self._snapshots.enqueue(self._view.state, journal.digest(delivery.body))

    def _publish(self, entry: JournalEntry, outcome: Outcome) -> list[Publication]:
        context = entry.traceparent if isinstance(entry, RequestedEntry) else ""
        with handling(topology.JOURNAL_STREAM.name, context):
            effects.log_outcome(entry, outcome)
            metrics.count_outcome(entry, outcome)
            offset = self._view.state.offset
            return list(effects.publications(entry, offset, outcome, self._identity))

    def _note_own(self, first: JournalEntry | JournalMarker) -> None:
        """Note that a message of this replica has come back."""
        if not isinstance(first, JournalMarker) and self._appended:
            metrics.JOURNAL_SECONDS.observe((steady() - self._appended.popleft()) / SECOND)
