"""Everything may be delivered twice; nothing counts twice."""

from collections import OrderedDict


class Deduplicator:
    """The last sequence seen of each session: tells a post that is new from one that came before.

    Right because one session's posts travel one path and never overtake each other. Remembers the
    `most` sessions heard of last.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._last: OrderedDict[str, int] = OrderedDict()
        self._most = most

    def admit(self, session: str, sequence: int) -> bool:
        """Whether the post is new; from then on it is not."""
        if sequence <= self._last.get(session, 0):
            return False
        self._last[session] = sequence
        self._last.move_to_end(session)
        if len(self._last) > self._most:
            self._last.popitem(last=False)
        return True

    def last(self, session: str) -> int:
        """The last sequence taken of a session, 0 if none."""
        return self._last.get(session, 0)
