"""The deduplicator: the broker may deliver a post twice, and each post counts once."""

from collections import OrderedDict

MAX_SESSIONS = 100_000


class Deduplicator:
    """Admits a post only if its sequence is above the last sequence of its session.

    That is right because the posts of a session take one path and keep their order on it.
    """

    def __init__(self, max_sessions: int = MAX_SESSIONS) -> None:
        """Make a deduplicator that has admitted nothing.

        Args:
            max_sessions: The number of sessions that it remembers: those that posted last.
        """
        self._last: OrderedDict[str, int] = OrderedDict()
        self._max_sessions = max_sessions

    def admit(self, session: str, sequence: int) -> bool:
        """Return whether a post is new, and remember it.

        Args:
            session: The session's id.
            sequence: The number of the post within its session.
        """
        if sequence <= self._last.get(session, 0):
            return False
        self._last[session] = sequence
        self._last.move_to_end(session)
        if len(self._last) > self._max_sessions:
            self._last.popitem(last=False)
        return True

    def last(self, session: str) -> int:
        """Return the last sequence that was admitted of a session, 0 if none was.

        Args:
            session: The session's id.
        """
        return self._last.get(session, 0)
