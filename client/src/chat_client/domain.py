"""The rules a client keeps: each post is sent until it comes back, each entry of the room is told once."""

from collections import OrderedDict
from collections.abc import Iterator
from itertools import takewhile

from chat_client.events import MessageReceived, PresenceChanged
from chat_wire.deduplicator import Deduplicator
from chat_wire.limits import MAX_POSTS
from chat_wire.messages import Batch, Notice, Page, Position, Post, Recorded, entry_ids

NOTICES_REMEMBERED = 10_000
MESSAGE_CHARACTERS = 65_536
# Two routers' clocks may differ by some seconds, so an entry that is a little older may still be new.
CLOCK_SLACK = 60_000_000


class Outbox:
    """The posts of a session that have not come back through the room's stream.

    One message, of up to 256 consecutive posts or 65,536 characters and a post, is unconfirmed at a
    time: so neither a refusal by the broker nor a lost connection can bring two posts out of order.
    """

    def __init__(self) -> None:
        self._pending: dict[int, Post] = {}
        self._next = 1  # the sequence from which on posts are still to be sent
        self._flying: tuple[Post, ...] = ()
        self._added = 0
        self._seen = 0
        self._told = 0
        self._cut_at = 0

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, post: Post) -> None:
        """Take in a post; sequences count 1, 2, 3."""
        self._pending[post.sequence] = post
        self._added = post.sequence

    def take(self) -> tuple[Post, ...]:
        """What goes into the next message; nothing while one is unconfirmed."""
        if self._flying:
            return ()
        self._flying = tuple(self._consecutive())
        return self._flying

    @property
    def flying(self) -> bool:
        """Whether a message is unconfirmed."""
        return bool(self._flying)

    def confirmed(self) -> None:
        """The broker has the message: what follows may go."""
        if self._flying:
            self._next = self._flying[-1].sequence + 1
        self._flying = ()

    def bounced(self) -> None:
        """The broker refused or returned the message: the same posts go again."""
        self._flying = ()

    def lost(self) -> list[Post]:
        """The connection is gone: all that has not come back goes again, in order.

        Returns the posts that cannot: a later one came back, so that readers would drop them. They were
        refused, and the refusal went down with the connection.
        """
        overtaken = self._overtaken(self._added)
        self._flying = ()
        self._next = min(self._pending, default=self._added + 1)
        return overtaken

    def seen(self, sequence: int) -> None:
        """The post has come back."""
        self._seen = max(self._seen, sequence)
        self._pending.pop(sequence, None)

    def record_cut(self) -> None:
        """The room's record is gone, or some of it: what was added until now may have gone down with it."""
        self._cut_at = self._added

    def gone(self) -> list[Post]:
        """Take out the posts that went down with the record, which is known once a later one came back."""
        return self._overtaken(self._cut_at)

    def remove(self, sequences: tuple[int, ...]) -> list[Post]:
        """Take posts out that were refused; returns those that were in."""
        return [self._pending.pop(sequence) for sequence in sequences if sequence in self._pending]

    def late(self, before: int) -> list[Post]:
        """The posts typed before a time that have not come back; each is returned once."""
        found = [post for post in self._pending.values() if post.sequence > self._told and post.client_ts < before]
        if found:
            self._told = found[-1].sequence
        return found

    def remove_all(self) -> list[Post]:
        """Take out everything that has not come back."""
        return self.remove(tuple(self._pending))

    def _overtaken(self, last: int) -> list[Post]:
        """Take out the posts, up to the sequence `last`, of which readers have taken a later one."""
        end = min(self._seen, last + 1)
        return self.remove(tuple(takewhile(lambda sequence: sequence < end, self._pending)))  # which are in order

    def _consecutive(self) -> Iterator[Post]:
        while self._next not in self._pending and self._next <= self._added:
            self._next += 1
        room_left = MESSAGE_CHARACTERS
        for sequence in range(self._next, self._next + MAX_POSTS):
            if sequence not in self._pending or room_left <= 0:
                return
            room_left -= len(self._pending[sequence].text)
            yield self._pending[sequence]


class Reader:
    """Reads a room's stream, telling each post and notice once, whatever comes twice.

    Knows the last entry it read. It attaches there again and looks whether that entry comes: if
    not, the stream is another one than it was, or shorter, and is read from its beginning.
    """

    def __init__(self) -> None:
        self._sequences = Deduplicator()
        self._notices: OrderedDict[str, None] = OrderedDict()
        self._position: Position | None = None
        self._expected: Position | None = None
        self._read_to: str | None = None  # in the entry it attached at
        self._newest = 0
        self._floor = 0
        self.first: tuple[int, int] | None = None  # where the first post told stands: offset, and index in the entry

    @property
    def checking(self) -> bool:
        """Whether the entry it attached at has yet to come."""
        return self._expected is not None

    def recall(self, page: Page) -> list[MessageReceived]:
        """The posts of a page of history, which the stream will not tell again."""
        self._position = page.position
        for session, sequence in page.last.items():
            self._sequences.admit(session, sequence)
        for message in page.messages:
            self._sequences.admit(message.session, message.sequence)
            self._newest = max(self._newest, message.server_ts)
        if page.messages:
            self.first = (page.messages[0].offset, page.messages[0].index)
        return [said(message) for message in page.messages]

    def attach(self) -> int | str:
        """The stream offset from which to read on: that of the last entry known, which is to come again."""
        self._expected = self._position
        return self._position.offset if self._position else "first"

    def restart(self) -> str:
        """The offset when the stream is not what it was: all of it, but not again what is long past."""
        self._expected = self._position = None
        self._floor = self._newest - CLOCK_SLACK
        return "first"

    def fits(self, offset: int, entry: Batch | Notice) -> bool:
        """Whether an entry is the one it attached at, or comes after that; if not, restart."""
        expected, self._expected = self._expected, None
        self._read_to = expected.id if expected else None
        return expected is None or (offset == expected.offset and expected.id in entry_ids(entry))

    def read(self, offset: int, entry: Batch | Notice, session: str) -> list[MessageReceived | PresenceChanged]:
        """What an entry has to tell; the posts of `session` carry their sequence.

        In the entry it attached at, only what comes after the one it knows: what is before that was told, or
        is older than all that is told.
        """
        ids = entry_ids(entry)
        known = ids.index(self._read_to) + 1 if self._read_to in ids else 0
        self._read_to = None
        if ids:
            self._position = Position(offset=offset, id=ids[-1])
        if isinstance(entry, Notice):
            return [] if known else self._read_notice(entry)
        if self.first is None:
            self.first = (offset, known)
        return self._read_batch(entry, session, known)

    def _read_notice(self, entry: Notice) -> list[MessageReceived | PresenceChanged]:
        if entry.id in self._notices or entry.at < self._floor:
            return []
        self._notices[entry.id] = None
        if len(self._notices) > NOTICES_REMEMBERED:
            self._notices.popitem(last=False)
        return [PresenceChanged(at=entry.at, user=entry.user, kind=entry.kind)]

    def _read_batch(self, entry: Batch, session: str, known: int) -> list[MessageReceived | PresenceChanged]:
        self._newest = max(self._newest, entry.server_ts)
        posts = [(run, post) for run in entry.runs for post in run.posts]
        return [
            MessageReceived(
                at=entry.server_ts,
                user=run.user,
                text=post.text,
                sequence=post.sequence if run.session == session else None,
            )
            for index, (run, post) in enumerate(posts)
            if entry.server_ts >= self._floor or run.session == session
            if self._sequences.admit(run.session, post.sequence) and index >= known
        ]


def said(message: Recorded) -> MessageReceived:
    """A post as the archive has it, as the room told it."""
    return MessageReceived(at=message.server_ts, user=message.user, text=message.text)
