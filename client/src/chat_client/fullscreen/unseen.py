"""The messages that were never in view: those of the window by their numbers, those below the window by their count."""

from collections import deque
from collections.abc import Callable, Sequence

from chat_client.fullscreen.identity import Identity, identity
from chat_client.fullscreen.items import Item


class Unseen:
    """Counts the messages below the view that were never in view. Takes no more memory when more arrive."""

    def __init__(self, counts: Callable[[Item], bool]) -> None:
        """Start with everything seen.

        Args:
            counts: Returns whether an item is a message that is shown.
        """
        self._counts = counts
        self._here: deque[tuple[int, Identity]] = deque()  # in the window
        self._below = 0  # below the window
        self._first_below: Identity | None = None
        self._reached = False  # whether the messages after the window are unseen, and not only from `_first_below` on

    @property
    def count(self) -> int:
        """How many messages were never in view."""
        return len(self._here) + self._below

    def add(self, items: Sequence[Item], start: int) -> None:
        """Add items that have arrived at the end of the window, with numbers from `start` on."""
        for number, item in enumerate(items, start):
            if self._counts(item):
                self._here.append((number, identity(item)))

    def add_below(self, items: Sequence[Item], count: int | None = None) -> None:
        """Add items that are below the window, or `count` messages that begin with these."""
        messages = [item for item in items if self._counts(item)]
        if messages and not self._below:
            self._first_below, self._reached = identity(messages[0]), False
        self._below += len(messages) if count is None else count

    def fetch(self, items: Sequence[Item], start: int) -> None:
        """Note that items from below the window are at its end now, with numbers from `start` on."""
        for number, item in enumerate(items, start):
            self._reached = self._reached or identity(item) == self._first_below
            if self._reached and self._below and self._counts(item):
                self._here.append((number, identity(item)))
                self._below -= 1

    def see(self, last: int) -> int | None:
        """Note that all items up to a number were in view. Return the number of the last message that was unseen."""
        seen = None
        while self._here and self._here[0][0] <= last:
            seen = self._here.popleft()[0]
        return seen

    def drop(self, end: int | None = None) -> None:
        """Note that the items from a number on, or all, have left the window."""
        while self._here and (end is None or self._here[-1][0] >= end):
            self._first_below, self._reached = self._here.pop()[1], False
            self._below += 1

    def forget(self, first: int) -> None:
        """Forget the items before a number: they have left the window above, unseen in a view without height."""
        while self._here and self._here[0][0] < first:
            self._here.popleft()

    def clear(self) -> None:
        """Note that everything was seen."""
        self._here.clear()
        self._below, self._first_below, self._reached = 0, None, False
