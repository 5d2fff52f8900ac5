"""The reader of a room's stream: returns each post and each notice once."""

from collections import OrderedDict

from chat_client.events import MessageReceived, PresenceChanged
from chat_client.places import Place
from chat_wire.deduplicator import Deduplicator
from chat_wire.messages import Batch, Notice, Page, Position, Recorded, entry_ids

NOTICES_REMEMBERED = 10_000
# Two routers' clocks may differ by some seconds, so an entry that is a little older may still be new. Microseconds.
CLOCK_SLACK = 60_000_000
# A reader without history learns the posts of so many entries: the room may repeat one of them later.
LEARNED_ENTRIES = 1_000


class Reader:
    """Reads a room's stream and returns each post and notice once, even if the stream has it twice.

    It knows the last entry that it read. On a new connection it attaches there and expects that entry. If another one
    comes, the stream was deleted or cut short, and the reader starts again at its first entry.
    """

    def __init__(self) -> None:
        """Start without a known entry."""
        self._sequences = Deduplicator()
        self._notices: OrderedDict[str, None] = OrderedDict()
        self._position: Position | None = None
        self._expected: Position | None = None
        self._read_to: str | None = None  # in the entry it attached at
        self._newest = 0
        self._floor = 0
        self._shown_from = 0

    @property
    def checking(self) -> bool:
        """Whether the entry that the reader attached at has not come yet."""
        return self._expected is not None

    def recall(self, page: Page) -> list[MessageReceived]:
        """Return the posts of a page of history; `read` will not return them again."""
        self._position = page.position
        for session, sequence in page.last.items():
            self._sequences.admit(session, sequence)
        for message in page.messages:
            self._sequences.admit(message.session, message.sequence)
            self._newest = max(self._newest, message.server_ts)
        return [as_received(message) for message in page.messages]

    def start_offset(self) -> int | str:
        """Expect the last known entry first, and return its stream offset, to attach at."""
        self._expected = self._position
        return self._position.offset if self._position else "first"

    def learn_offset(self, offset: int, entry: Batch | Notice) -> int:
        """Return the offset to attach at without history, to learn which posts come before an entry.

        `read` returns none of those, and no later copy of one.
        """
        if ids := entry_ids(entry):
            self._position = Position(offset=offset, id=ids[-1])
        self._shown_from = offset
        return max(0, offset - LEARNED_ENTRIES)

    def restart_offset(self) -> str:
        """Expect another stream, and return the offset of its first entry. `read` will not return old posts again."""
        self._expected = self._position = None
        self._shown_from = 0
        self._floor = self._newest - CLOCK_SLACK
        return "first"

    def check(self, offset: int, entry: Batch | Notice) -> bool:
        """Check an entry before it is read. Only the first one after `start_offset` can be wrong.

        Returns:
            False if this is not the entry that the reader attached at: the stream is another one. Call
            `restart_offset` then.
        """
        expected, self._expected = self._expected, None
        self._read_to = expected.id if expected else None
        return expected is None or (offset == expected.offset and expected.id in entry_ids(entry))

    def read(self, offset: int, entry: Batch | Notice, session: str) -> list[MessageReceived | PresenceChanged]:
        """Return the new posts and notices of an entry; posts of `session` carry their sequence.

        In the entry that the reader attached at, only posts after the known one are new. Those before it were returned,
        or are older than everything that was returned.
        """
        ids = entry_ids(entry)
        known = ids.index(self._read_to) + 1 if self._read_to in ids else 0
        self._read_to = None
        if ids and offset >= self._shown_from:
            self._position = Position(offset=offset, id=ids[-1])
        if isinstance(entry, Notice):
            new = [] if known else self._read_notice(entry)
        else:
            new = self._read_batch(offset, entry, session, known)
        return new if offset >= self._shown_from else []

    def _read_notice(self, entry: Notice) -> list[MessageReceived | PresenceChanged]:
        if entry.id in self._notices or entry.at < self._floor:
            return []
        self._notices[entry.id] = None
        if len(self._notices) > NOTICES_REMEMBERED:
            self._notices.popitem(last=False)
        return [PresenceChanged(at=entry.at, user=entry.user, kind=entry.kind)]

    def _read_batch(
        self, offset: int, entry: Batch, session: str, known: int
    ) -> list[MessageReceived | PresenceChanged]:
        self._newest = max(self._newest, entry.server_ts)
        posts = [(run, post) for run in entry.runs for post in run.posts]
        # The deduplicator has to see known posts, too, so `admit` comes before `index >= known`.
        return [
            MessageReceived(
                at=entry.server_ts,
                user=run.user,
                text=post.text,
                sequence=post.sequence if run.session == session else None,
                place=Place(offset, index),
                traceparent=run.traceparents.get(post.sequence) if run.traceparents else None,
            )
            for index, (run, post) in enumerate(posts)
            if entry.server_ts >= self._floor or run.session == session
            if self._sequences.admit(run.session, post.sequence) and index >= known
        ]


def as_received(message: Recorded) -> MessageReceived:
    """Return a recorded post as the event that reports it."""
    place = Place(message.offset, message.index, message.number)
    return MessageReceived(at=message.server_ts, user=message.user, text=message.text, place=place)
