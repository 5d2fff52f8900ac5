"""Which posts of a message reach a room, and why the others do not.

The sender and the room are known before (origin.py). The rules about texts, which the client also checks,
are in `chat_wire.text`. The other rules are here.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from chat_router.errors import TooFast, WrongSequence, WrongTime
from chat_router.sender import Sender
from chat_wire.deduplicator import Deduplicator
from chat_wire.errors import InvalidText, UnknownRoom, WireError
from chat_wire.limits import MAX_POSTS, MAX_SEQUENCE, MAX_TIME
from chat_wire.messages import Post, Posts
from chat_wire.text import check_text
from chat_wire.units import SECOND

MAX_SESSIONS = 100_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """A post on its way to a room, with its sender."""

    room: str
    sender: Sender
    post: Post


@dataclass(frozen=True, slots=True)
class Rejected:
    """Posts that break a rule, by their sequences, and the rule."""

    sequences: tuple[int, ...]
    error: WireError


@dataclass(slots=True)
class Verdict:
    """The fate of each post of one message.

    Attributes:
        accepted: The posts that go to the room, in their order.
        rejected: The posts that break a rule.
        repeated: The sequences of posts that were accepted before.
    """

    accepted: list[Accepted] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)


class Validator:
    """Decides which posts reach a room.

    It remembers the last sequence and the rate of each session. `RouterService` says why each connection has its own.
    """

    def __init__(self, rooms: Collection[str], posts_per_second: int, check_session: Callable[[str], None]) -> None:
        """Make a validator that has accepted no post yet.

        Args:
            rooms: The rooms that exist.
            posts_per_second: The posts that each session may send in a second; 0 means no limit.
            check_session: Raises InvalidToken for a session that has ended.
        """
        self._rooms = rooms
        self._check_session = check_session
        self._rate = RateLimit(posts_per_second)
        self._deduplicator = Deduplicator()

    def validate(self, message: Posts, sender: Sender, room: str, now: int) -> Verdict:
        """Decide about each post of a message.

        Args:
            message: The message.
            sender: The session that sent it.
            room: The room to which it goes.
            now: The time, in microseconds since 1970-01-01 UTC.
        """
        try:
            self._check_session(sender.session)
            check_posts(message, room, self._rooms)
            self._rate.spend(sender.session, len(message.posts), now)
        except WireError as error:
            return Verdict(rejected=[rejected_whole(message, error)])
        return self._validate_each(message, sender, room)

    def _validate_each(self, message: Posts, sender: Sender, room: str) -> Verdict:
        verdict = Verdict()
        for post in message.posts:
            try:
                check_text(post.text)
            except InvalidText as error:
                verdict.rejected.append(Rejected((post.sequence,), error))
                continue
            if self._deduplicator.admit(sender.session, post.sequence):
                verdict.accepted.append(Accepted(room, sender, post))
            else:
                verdict.repeated.append(post.sequence)
        return verdict


def rejected_whole(message: Posts, error: WireError) -> Rejected:
    """Return all posts of a message as rejected; of a message with too many posts, the first ones."""
    return Rejected(tuple(post.sequence for post in message.posts[:MAX_POSTS]), error)


def check_posts(message: Posts, room: str, rooms: Collection[str]) -> None:
    """Check the rules about a message of posts as a whole.

    Raises:
        PostsRejected: A sequence or a time is wrong.
        UnknownRoom: The room does not exist.
    """
    if room not in rooms:
        raise UnknownRoom(f"the room {room!r:.80} does not exist: post to another room")
    first = message.posts[0].sequence if message.posts else 0
    consecutive = [post.sequence for post in message.posts] == list(range(first, first + len(message.posts)))
    if not (1 <= len(message.posts) <= MAX_POSTS and 1 <= first <= MAX_SEQUENCE and consecutive):
        raise WrongSequence(f"send 1 to {MAX_POSTS} posts in a message, with consecutive sequences from 1 on")
    if not all(0 <= post.client_ts <= MAX_TIME for post in message.posts):
        raise WrongTime("send client_ts in microseconds since 1970, before the year 10000")


class RateLimit:
    """A token bucket for each session. It remembers the sessions that posted last."""

    def __init__(self, per_second: int, max_sessions: int = MAX_SESSIONS) -> None:
        """Make full buckets.

        Args:
            per_second: The posts that a session may send in a second, and at once; 0 means no limit.
            max_sessions: The number of sessions that it remembers.
        """
        self._per_second = per_second
        self._max_sessions = max_sessions
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def spend(self, session: str, posts: int, now: int) -> None:
        """Count posts of a session.

        Args:
            session: The session's id.
            posts: The number of posts.
            now: The time, in microseconds since 1970-01-01 UTC.

        Raises:
            TooFast: The posts are too many. None of them counts.
        """
        if not self._per_second:
            return
        level, since = self._buckets.pop(session, (float(self._per_second), now))
        level = min(self._per_second, level + max(0, now - since) * self._per_second / SECOND)
        allowed = posts <= level
        self._buckets[session] = (level - posts if allowed else level, now)
        if len(self._buckets) > self._max_sessions:
            self._buckets.popitem(last=False)
        if not allowed:
            raise TooFast(f"more than {self._per_second} messages a second: wait a moment, then send again")
