"""Following a room: attaching to its stream, and telling the face what is new there."""

from collections.abc import Callable

from chat_client.domain import Outbox, Reader
from chat_client.events import Event, MessageReceived, NotSent, PresenceChanged, Remark
from chat_client.language import _
from chat_client.link import Link
from chat_wire.codec import decode
from chat_wire.errors import UnknownType, WireError
from chat_wire.messages import Batch, Notice, Page

FIRST_ENTRY_SECONDS = 5.0
ENTRIES: tuple[type[Batch | Notice], ...] = (Batch, Notice)


class RoomFollower:
    """The room as it is told to the face: without a gap, and nothing twice, over any number of connections."""

    def __init__(self, room: str, outbox: Outbox, emit: Callable[[Event], None]) -> None:
        self._room = room
        self._outbox = outbox
        self._emit = emit
        self._reader = Reader()
        self._check_by = 0.0
        self._since = 0
        self.attached = False
        self.newest_own = -1
        self.lost_at = 0

    @property
    def first(self) -> tuple[int, int] | None:
        """Where the first post told stands: the offset of its entry, and the index in that."""
        return self._reader.first

    def joined(self, at: int) -> None:
        """What the room was told of people before `at`, by the registry's clock, is not told any more."""
        self._since = at

    def recall(self, page: Page) -> None:
        """Tell the history, which the archive answered with."""
        for said in self._reader.recall(page):
            self._emit(said)

    def attach(self, link: Link, now: float) -> None:
        """Follow the room from the last entry known, or from its first."""
        link.attach(self._room, self._reader.attach())
        self._check_by = now + FIRST_ENTRY_SECONDS
        self.attached = True

    def attach_late(self, link: Link) -> None:
        """Follow the room without its history, from the last entries it has.

        Not from what comes next: without an entry known, a later reconnection could not find its place.
        """
        link.attach(self._room, "last")
        self.attached = True

    def lost(self) -> None:
        """The connection is gone."""
        self.attached = False

    def read(self, link: Link, session: str, name: str, now: float) -> None:
        """Tell what has arrived; attach anew if the stream was deleted or is not the one it was.

        `lost_at` is then the time of the last notice that this member itself has lost the connection.
        """
        if link.room_gone:
            self._restart(link)
        for offset, body in link.take_entries():
            entry = self._decode(body)
            if entry is None:
                continue
            if not self._reader.fits(offset, entry):
                self._restart(link)
                return
            self._tell(offset, entry, session, name)
        if self._reader.checking and now > self._check_by:
            self._restart(link)

    def _tell(self, offset: int, entry: Batch | Notice, session: str, name: str) -> None:
        for event in self._reader.read(offset, entry, session):
            if isinstance(event, MessageReceived) and event.sequence is not None:
                self._outbox.seen(event.sequence)
                self._tell_gone()
                self.newest_own = offset
            if isinstance(event, PresenceChanged) and event.user == name and event.kind == "lost":
                self.lost_at = event.at
            if not (isinstance(event, PresenceChanged) and self._is_no_news(event, name)):
                self._emit(event)

    def _tell_gone(self) -> None:
        for post in self._outbox.gone():
            reason = _("it was lost with the room's history")
            self._emit(NotSent(sequence=post.sequence, text=post.text, reason=reason))

    def _is_no_news(self, notice: PresenceChanged, name: str) -> bool:
        """Whether a notice is of before this member joined, or of this member, whose face knows better."""
        return notice.at < self._since or notice.user == name

    def _restart(self, link: Link) -> None:
        text = _("the broker lost the room's history, or a part of it: some messages may be missing")
        self._emit(Remark(text=text))
        self.newest_own = -1
        self._outbox.record_cut()
        link.attach(self._room, self._reader.restart())

    def _decode(self, body: bytes) -> Batch | Notice | None:
        try:
            return decode(body, *ENTRIES)
        except UnknownType:  # entries of a later version, which are not for this one
            return None
        except WireError as error:
            self._emit(Remark(text=_("the client cannot read an entry of the room: {error}").format(error=error)))
            return None
