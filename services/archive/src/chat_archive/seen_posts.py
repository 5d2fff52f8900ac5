"""Which posts the index has already, for the writer."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import structlog

from chat_archive.index import Index
from chat_archive.stream_entries import StreamEntry, count_unrecordable, posts_of, sessions_of
from chat_wire.deduplicator import Deduplicator
from chat_wire.messages import Recorded

log = structlog.get_logger()

# In one query to the index. Databases limit the parameters of a statement; the lowest limit in use is 999 (SQLite).
SESSIONS_AT_ONCE = 500


class SeenPosts:
    """The posts that are in the index or about to be, by the last sequence of each session in a room.

    The posts of one session never overtake each other, so a post is new if its sequence is above the last one.
    """

    def __init__(self, index: Index) -> None:
        """Begin with the posts in the index; it is read when a session is first asked for."""
        self._index = index
        self._seen: dict[str, Deduplicator] = defaultdict(Deduplicator)

    def new_in(self, room: str, entries: Sequence[StreamEntry], first_number: int) -> list[Recorded]:
        """Return the new posts in entries of a room's stream, and count them as seen. Raises IndexFailed.

        Args:
            room: The room's name.
            entries: Entries of its stream, in order.
            first_number: The number of the first new post.
        """
        if unrecordable := count_unrecordable(entries):
            log.warning("posts.unrecordable", count=unrecordable)
        self._recall(room, sessions_of(entries))
        return posts_of(room, entries, first_number, self._seen[room].admit)

    def new(self, posts: Sequence[Recorded]) -> list[Recorded]:
        """Return the new ones among posts of log.txt, and count them as seen. Raises IndexFailed."""
        sessions: dict[str, set[str]] = defaultdict(set)
        for post in posts:
            sessions[post.room].add(post.session)
        for room, spoken in sessions.items():
            self._recall(room, spoken)
        new = [post for post in posts if self._seen[post.room].admit(post.session, post.sequence)]
        if len(new) < len(posts):
            log.warning("log.repeated_lines", count=len(posts) - len(new))
        return new

    def _recall(self, room: str, sessions: Collection[str]) -> None:
        """Load the last recorded sequences of sessions that the deduplicator does not know."""
        seen = self._seen[room]
        unknown = [session for session in sessions if not seen.last(session)]
        for start in range(0, len(unknown), SESSIONS_AT_ONCE):
            found = self._index.last_sequences(room, unknown[start : start + SESSIONS_AT_ONCE])
            for session, sequence in found.items():
                seen.admit(session, sequence)
