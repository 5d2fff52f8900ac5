"""What one replica has read of the journal."""

import structlog

from chat_registry import domain, journal
from chat_registry.domain import NOTHING, Outcome
from chat_registry.errors import Diverged
from chat_registry.journal import Command, Marker
from chat_registry.state import State
from chat_wire.errors import WireError
from chat_worker.delivery import Delivery

log = structlog.get_logger()


class View:
    """A state, and how to go on from it: after a snapshot, or from the first entry there is.

    Streams are not fsynced, and can be deleted; their offsets are then used again. So the first message
    read after a snapshot must be the one that the snapshot names, by its digest `anchor`.
    """

    def __init__(self, state: State, anchor: str | None = None) -> None:
        self.state = state
        self._anchor = anchor
        self._known_until: int | None = None
        self._since_snapshot: int | None = 0 if anchor else None

    @property
    def start(self) -> int | str:
        """Where to attach to the journal."""
        return "first" if self._anchor is None else self.state.offset

    @property
    def waiting(self) -> bool:
        """Whether the message that the snapshot names has yet to come."""
        return self._anchor is not None

    def restart(self) -> None:
        """Read a journal that does not go with the snapshot from its first entry.

        What happened up to the time of the snapshot is known, so entries of that time are skipped.
        """
        self._anchor = None
        self._known_until = self.state.now
        self._since_snapshot = None
        self.state.offset = -1

    def read(self, delivery: Delivery) -> list[tuple[Command | Marker, Outcome]]:
        """The entries in a delivery, each with what came of it. Raises Diverged."""
        offset = delivery.offset or 0
        if self._anchor is not None:
            self._check(offset, delivery.body)
            return []
        read = [(entry, self._apply(offset, index, entry)) for index, entry in enumerate(_decode(delivery))]
        self.state.offset = max(self.state.offset, offset)
        if self._since_snapshot is not None:
            self._since_snapshot += len(read)
        return read

    def snapshot_due(self, every: int) -> bool:
        """Whether a snapshot is due now: `every` so many entries, and at the first of a journal that has none.

        Asked after each message. All replicas count from the same snapshot, so they agree.
        """
        due = self._since_snapshot is None or self._since_snapshot >= every
        if due:
            self._since_snapshot = 0
        return due

    def _apply(self, offset: int, index: int, entry: Command | Marker) -> Outcome:
        if isinstance(entry, Marker) or self._is_known(entry):
            return NOTHING
        return domain.apply(self.state, offset, entry, index)

    def _check(self, offset: int, body: bytes) -> None:
        if offset != self.state.offset or journal.digest(body) != self._anchor:
            raise Diverged(f"the snapshot was made at {self.state.offset}, the journal has another entry at {offset}")
        self._anchor = None

    def _is_known(self, entry: Command) -> bool:
        return self._known_until is not None and entry.time <= self._known_until


def _decode(delivery: Delivery) -> tuple[Command | Marker, ...]:
    try:
        return journal.decode(delivery.body)
    except WireError as error:  # every replica passes over it alike, so they still agree
        log.error("entry.refused", offset=delivery.offset, reason=error.reason, error=str(error))
        return ()
