"""A room with its archive, in memory: the messages, and the pages that answer queries of its history."""

from bisect import bisect_left
from dataclasses import replace

from chat_client.events import HistoryListed, MessageReceived
from chat_client.places import From, Newer, Older, Place, Query

AT = 1_795_361_760_000_000  # 2026-11-22 15:36:00 UTC
SECOND = 1_000_000
PAGE = 100
IN_A_BATCH = 7


class FakeArchive:
    """A room in which a message is said each second, and the archive that records it, sooner or later.

    Attributes:
        said: The messages, as the room's stream has them.
        recorded: How many of them the archive has recorded.
    """

    def __init__(self, said: int = 0) -> None:
        """Start with some messages that are recorded.

        Args:
            said: How many.
        """
        self.said: list[MessageReceived] = []
        self.say(said)
        self.recorded = said

    def say(self, count: int, user: str = "bob") -> list[MessageReceived]:
        """Say messages, and return them as they arrive from the stream."""
        numbers = range(len(self.said), len(self.said) + count)
        new = [
            MessageReceived(
                at=AT + number * SECOND, user=user, text=f"message {number}", place=Place(*divmod(number, IN_A_BATCH))
            )
            for number in numbers
        ]
        self.said += new
        return new

    def newest(self, count: int) -> tuple[MessageReceived, ...]:
        """Return the newest recorded messages."""
        return self._page(max(0, self.recorded - count), self.recorded)

    def answer(self, query: Query, page: int = PAGE) -> HistoryListed:
        """Return the page that answers a query, or the failure if its place is not recorded yet."""
        match query:
            case Older(place):
                end = self.recorded if place is None else self._index(place)
                start = max(0, end - page)
                return self._listed(query, start, end, more=start > 0)
            case Newer(place):
                start = self._index(place) + 1
            case From(number):
                start = min(number - 1, self.recorded)
            case _:
                start = bisect_left(self.said, query.at, hi=self.recorded, key=lambda message: message.at)
        end = min(self.recorded, start + page)
        return self._listed(query, start, end, more=end < self.recorded)

    def _listed(self, query: Query, start: int, end: int, *, more: bool) -> HistoryListed:
        if max(start, end) > self.recorded:
            return HistoryListed(query=query, messages=(), more=True, failed=True)
        return HistoryListed(query=query, messages=self._page(start, end), more=more)

    def _page(self, start: int, end: int) -> tuple[MessageReceived, ...]:
        return tuple(
            replace(message, place=Place(*divmod(number, IN_A_BATCH), number + 1))
            for number, message in enumerate(self.said[start:end], start)
        )

    def _index(self, place: Place) -> int:
        return place.offset * IN_A_BATCH + place.index
