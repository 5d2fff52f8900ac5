"""The follower of a room: attaches to its stream, and reports the new entries to the frontend."""

from collections.abc import Callable

from chat_client.events import Event, MessageReceived, PresenceChanged, Remark
from chat_client.language import _
from chat_client.member_link import MemberLink
from chat_client.posting import Posting
from chat_client.reader import Reader
from chat_wire.codec import decode
from chat_wire.errors import UnknownType, WireError
from chat_wire.messages import Batch, Notice, Page

FIRST_ENTRY_SECONDS = 5.0
ENTRIES: tuple[type[Batch | Notice], ...] = (Batch, Notice)


class RoomFollower:
    """Reports the posts and notices of a room, without a gap and each once, over any number of connections.

    Attributes:
        name: The room's name.
        attached: Whether the room is followed on the present connection.
        newest_own: The stream offset of the newest post of this session; -1 without one.
        lost_at: The time of the last notice that this member lost the connection, in microseconds.
    """

    def __init__(self, name: str, posting: Posting, emit: Callable[[Event], None]) -> None:
        """Make a follower that is not attached.

        Args:
            name: The room's name.
            posting: Learns which posts have come back.
            emit: Receives the entries as events.
        """
        self.name = name
        self._posting = posting
        self._emit = emit
        self._reader = Reader()
        self._check_by = 0.0
        self._since = 0
        self._learning = False
        self.attached = False
        self.newest_own = -1
        self.lost_at = 0

    def joined(self, at: int) -> None:
        """Report no notice from before the time at which this member joined, by the registry's clock."""
        self._since = at

    def recall(self, page: Page) -> None:
        """Report the posts of a page of history."""
        for event in self._reader.recall(page):
            self._emit(event)

    def attach(self, link: MemberLink, now: float) -> None:
        """Follow the room from the last entry known, or from its first."""
        link.attach(self.name, self._reader.start_offset())
        self._check_by = now + FIRST_ENTRY_SECONDS
        self._learning = False
        self.attached = True

    def attach_without_history(self, link: MemberLink) -> None:
        """Follow the room without its history, from the last chunk of its stream. Read what is before it in silence.

        A chunk has one or more entries. RabbitMQ's offset "last" starts at the last chunk. The offset "next" would
        start after it, and in a quiet room the reader would know no entry to attach at after a lost connection.
        """
        link.attach(self.name, "last")
        self._learning = self.attached = True

    def lost(self) -> None:
        """Note that the connection is lost."""
        self.attached = False

    def read(self, link: MemberLink, session: str, name: str, now: float) -> None:
        """Report the entries that have arrived.

        Attaches at the first entry if the stream was deleted or is another one.
        """
        if link.room_gone:
            self._restart(link)
        for offset, body in link.pop_entries():
            entry = self._decode(body)
            if entry is None:
                continue
            if self._learning:
                self._learning = False
                link.attach(self.name, self._reader.learn_offset(offset, entry))
                return
            if not self._reader.check(offset, entry):
                self._restart(link)
                return
            self._report(offset, entry, session, name)
        if self._reader.checking and now > self._check_by:
            self._restart(link)

    def _report(self, offset: int, entry: Batch | Notice, session: str, name: str) -> None:
        for event in self._reader.read(offset, entry, session):
            if isinstance(event, MessageReceived) and event.sequence is not None:
                self._posting.seen(event.sequence)
                self.newest_own = offset
            if isinstance(event, PresenceChanged) and event.user == name and event.kind == "lost":
                self.lost_at = event.at
            if not (isinstance(event, PresenceChanged) and self._is_left_out(event, name)):
                self._emit(event)

    def _is_left_out(self, notice: PresenceChanged, name: str) -> bool:
        """Return whether not to report a notice: it is older than the session, or about this member itself."""
        return notice.at < self._since or notice.user == name

    def _restart(self, link: MemberLink) -> None:
        text = _("the broker lost the room's history, or a part of it: some messages may be missing")
        self._emit(Remark(text=text))
        self.newest_own = -1
        self._learning = False
        self._posting.outbox.record_stream_loss()
        link.attach(self.name, self._reader.restart_offset())

    def _decode(self, body: bytes) -> Batch | Notice | None:
        try:
            return decode(body, *ENTRIES)
        except UnknownType:  # an entry of a later version
            return None
        except WireError as error:
            self._emit(Remark(text=_("the client cannot read an entry of the room: {error}").format(error=error)))
            return None
