"""Publish snapshots part by part, so that requests need not wait for a large snapshot."""

from collections import deque
from collections.abc import Iterator

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_registry import snapshots
from chat_registry.state import State
from chat_wire.codec import encode

log = structlog.get_logger()

PARTS_PER_ROUND = 4


class SnapshotPublisher:
    """The parts of a snapshot that are still to be published."""

    def __init__(self, every: int) -> None:
        """Start without a snapshot.

        Args:
            every: The number of journal entries after which a snapshot is due.
        """
        self.every = every
        self._parts: deque[snapshots.SnapshotPart] = deque()

    def enqueue(self, state: State, digest: str) -> None:
        """Make a snapshot of the state, whose last message has this digest, to be published part by part.

        Make none while parts of the previous one are still to be published: snapshots that never become whole would
        push the newest whole one out of the stream.
        """
        if not self._parts:
            self._parts.extend(snapshots.parts_of(state, digest))

    def next_parts(self) -> Iterator[Publication]:
        """Yield the parts for this round."""
        for _ in range(min(PARTS_PER_ROUND, len(self._parts))):
            part = self._parts.popleft()
            yield Publication(exchange=topology.SNAPSHOTS.name, routing_key="", body=encode(part))
            if not self._parts:
                log.info("snapshot.published", offset=part.offset, parts=part.parts)
