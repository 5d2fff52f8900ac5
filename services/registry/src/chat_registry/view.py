"""What one replica has read of the journal."""

import structlog

from chat_registry import domain, journal
from chat_registry.domain import NOTHING, Outcome
from chat_registry.errors import Diverged
from chat_registry.journal import Command
from chat_registry.state import State
from chat_wire.errors import WireError
from chat_wire.messages import Marker
from chat_worker.delivery import Delivery

log = structlog.get_logger()


class View:
    """A state, and how to go on from it: after a snapshot, or from the first entry there is.

    Streams are not fsynced, and can be deleted; their offsets are then used again. So the first entry
    read after a snapshot must be the one that the snapshot names, by its digest `anchor`.
    """

    def __init__(self, state: State, anchor: str | None = None) -> None:
        self.state = state
        self._anchor = anchor
        self._known_until: int | None = None

    @property
    def start(self) -> int | str:
        """Where to attach to the journal."""
        return "first" if self._anchor is None else self.state.offset

    @property
    def waiting(self) -> bool:
        """Whether the entry that the snapshot names has yet to come."""
        return self._anchor is not None

    def restart(self) -> None:
        """Read a journal that does not go with the snapshot from its first entry.

        What happened up to the time of the snapshot is known, so entries of that time are skipped.
        """
        self._anchor = None
        self._known_until = self.state.now
        self.state.offset = -1

    def read(self, delivery: Delivery) -> tuple[Command | Marker | None, Outcome]:
        """The entry in a delivery, applied; none for what is no entry. Raises Diverged."""
        offset = delivery.offset or 0
        if self._anchor is not None:
            self._check(offset, delivery.body)
            return None, NOTHING
        entry = _decode(delivery)
        if entry is None or isinstance(entry, Marker) or self._is_known(entry):
            self.state.offset = max(self.state.offset, offset)
            return entry, NOTHING
        return entry, domain.apply(self.state, offset, entry)

    def _check(self, offset: int, body: bytes) -> None:
        if offset != self.state.offset or journal.digest(body) != self._anchor:
            raise Diverged(f"the snapshot was made at {self.state.offset}, the journal has another entry at {offset}")
        self._anchor = None

    def _is_known(self, entry: Command) -> bool:
        return self._known_until is not None and entry.time <= self._known_until


def _decode(delivery: Delivery) -> Command | Marker | None:
    try:
        return journal.decode(delivery.body)
    except WireError as error:  # every replica passes over it alike, so they still agree
        log.error("entry.refused", offset=delivery.offset, reason=error.reason, error=str(error))
        return None
