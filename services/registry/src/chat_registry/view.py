"""The part of the journal that one replica has read, and the state that results from it."""

import structlog

from chat_registry import domain, journal
from chat_registry.errors import Diverged, NewerJournal, NoState
from chat_registry.journal import JournalEntry, JournalMarker
from chat_registry.outcome import NOTHING, Outcome
from chat_registry.state import State
from chat_wire.errors import WireError
from chat_wire.versions import NewerVersion
from chat_worker.delivery import Delivery

log = structlog.get_logger()

# RabbitMQ skips an offset where it writes a note of its own, as at the beginning of each segment. A segment that is
# gone has many more: the retention has removed it while this replica read the one before.
MAX_GAP = 16


class View:
    """A state that follows the journal, from a snapshot or from the first entry.

    The broker does not fsync streams, and an operator can delete them; the broker then uses their offsets again. So
    a snapshot holds the digest of the last message that it includes, the anchor. The replica reads that message again
    and compares: only if it is the anchor does the journal continue the snapshot.

    If it does not, or without a snapshot, the replica reads the journal from its first entry. That entry must join what
    the state includes, and so must every later one; else entries are gone, and the state would be wrong.

    Attributes:
        state: The state.
        lacks_snapshot: Whether the newest snapshot cannot be read. The replica then makes one when it has caught up.
    """

    def __init__(self) -> None:
        """Follow the journal from its first entry."""
        self.state = State()
        self.lacks_snapshot = False
        self._anchor: str | None = None
        self._joins: int | None = 0
        self._known_until: int | None = None
        self._since_snapshot: int | None = None

    def load(self, state: State, anchor: str) -> None:
        """Follow the journal from a snapshot.

        Args:
            state: The state of the snapshot.
            anchor: The digest of the last message that the snapshot includes.
        """
        self.state = state
        self._anchor = anchor
        self._joins = None
        self._since_snapshot = 0

    @property
    def start(self) -> int | str:
        """The stream offset to begin reading at, as RabbitMQ's `x-stream-offset` expects it."""
        return "first" if self._anchor is None else self.state.offset

    @property
    def expects_anchor(self) -> bool:
        """Whether the view has yet to read the anchor of its snapshot."""
        return self._anchor is not None

    def restart(self) -> None:
        """Prepare to read a journal that does not continue the snapshot, from its first entry.

        The state includes everything up to the snapshot's time, so the view skips entries up to that time.
        """
        self._anchor = None
        self._joins = self.state.offset + 1
        self._known_until = self.state.time
        self._since_snapshot = None
        self.state.offset = -1

    def read(self, delivery: Delivery) -> list[tuple[JournalEntry | JournalMarker, Outcome]]:
        """Apply a message of the journal and return its entries with their outcomes.

        Raises:
            Diverged: The journal does not continue the snapshot.
            NoState: Entries are gone that no readable snapshot includes.
            NewerJournal: A newer version of the registry wrote the message.
        """
        offset = delivery.offset or 0
        if self._anchor is not None:
            self._check_anchor(offset, delivery.body)
            return []
        self._check_gap(offset)
        read = [(entry, self._apply(offset, index, entry)) for index, entry in enumerate(_decode(delivery))]
        self.state.offset = max(self.state.offset, offset)
        if self._since_snapshot is not None:
            self._since_snapshot += len(read)
        return read

    def snapshot_due(self, every: int) -> bool:
        """Return whether a snapshot is due after the message just read; call this once for each message.

        A snapshot is due at the first message of a journal that has none, and after each `every` entries. All replicas
        count from the same snapshot, so they agree.
        """
        due = self._since_snapshot is None or self._since_snapshot >= every
        if due:
            self._since_snapshot = 0
        return due

    def _apply(self, offset: int, index: int, entry: JournalEntry | JournalMarker) -> Outcome:
        if isinstance(entry, JournalMarker) or self._is_known(entry):
            return NOTHING
        return domain.apply(self.state, offset, entry, index)

    def _check_anchor(self, offset: int, body: bytes) -> None:
        if offset != self.state.offset or journal.digest(body) != self._anchor:
            raise Diverged(
                f"the journal does not continue the snapshot made at offset {self.state.offset}: "
                f"it has another entry at offset {offset}"
            )
        self._anchor = None

    def _check_gap(self, offset: int) -> None:
        joins, self._joins = self._joins, None
        if joins is None:
            joins = self.state.offset + MAX_GAP
        if offset > joins:
            raise NoState(joins, offset)

    def _is_known(self, entry: JournalEntry) -> bool:
        return self._known_until is not None and entry.time <= self._known_until


def _decode(delivery: Delivery) -> tuple[JournalEntry | JournalMarker, ...]:
    """Return the entries in a delivery, or none if it is damaged. All replicas skip the same ones, so they agree."""
    try:
        return journal.decode(delivery.body)
    except NewerVersion as error:
        raise NewerJournal(
            f"a newer registry wrote the entry of the journal at offset {delivery.offset}: {error}; run that version"
        ) from error
    except WireError as error:
        log.error("entry.refused", offset=delivery.offset, reason=error.reason, error=str(error))
        return ()
