"""The items of a conversation, with the place of each one in rows."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from chat_client.fullscreen.heights import row_ends
from chat_client.fullscreen.items import Above, Item
from chat_client.fullscreen.layout import Layout

CHUNK = 256


@dataclass(slots=True)
class Chunk:
    """Consecutive items, and the number of rows up to the end of each."""

    items: list[Item]
    ends: "array[int]" = field(default_factory=lambda: array("I"))

    def start(self, position: int) -> int:
        """Return the number of rows before an item of the chunk."""
        return self.ends[position - 1] if position else 0


class MeasuredItems:
    """A list of items that finds an item by its row, and a row by its item, fast.

    Items are numbered. The first item appended has the number 0; items that are prepended have negative numbers.
    One of them may have a divider above it, in a row of its own: the first new message.
    """

    def __init__(self, layout: Layout) -> None:
        """Start without items.

        Args:
            layout: The layout by which rows are counted.
        """
        self.layout = layout
        self.first = 0
        self._divided: int | None = None
        self._chunks: list[Chunk] = []
        self._counts = [0]  # items before each chunk, and of all
        self._starts = [0]  # rows before each chunk, and of all

    @property
    def end(self) -> int:
        """The number after that of the last item."""
        return self.first + self._counts[-1]

    @property
    def height(self) -> int:
        """The number of rows."""
        return self._starts[-1]

    @property
    def divided(self) -> int | None:
        """The number of the item that has a divider above it."""
        return self._divided

    def lay_out(self, layout: Layout) -> None:
        """Count the rows by another layout."""
        before, self.layout = self.layout, layout
        if layout != before:
            self._measure(range(len(self._chunks)))

    def append(self, items: Sequence[Item], divided: int | None = None) -> None:
        """Add newer items.

        Args:
            items: The items, oldest first.
            divided: The number of the one among them that gets the divider; None leaves the divider where it is.
        """
        if divided is not None:
            self._divided = divided
        start = 0
        while start < len(items):
            start += self._fill(items, start)

    def prepend(self, items: Sequence[Item], divided: int | None = None) -> None:
        """Add older items.

        Args:
            items: The items, oldest first.
            divided: The number of the one among them that gets the divider; None leaves the divider where it is.
        """
        if divided is not None:
            self._divided = divided
        pages = [Chunk(list(items[start : start + CHUNK])) for start in range(0, len(items), CHUNK)]
        self._chunks[:0] = pages
        self.first -= len(items)
        self._counts = [0, *accumulate(len(chunk.items) for chunk in self._chunks)]
        # The first item that was there before has another one above it now, so its chunk is measured as well.
        self._measure(range(min(len(pages) + 1, len(self._chunks))))

    def drop_oldest(self) -> None:
        """Remove the oldest chunk of items."""
        self.first += len(self._chunks.pop(0).items)
        self._dropped()
        self._measure(range(min(1, len(self._chunks))))  # nothing is above its first item any more

    def drop_newest(self) -> None:
        """Remove the newest chunk of items."""
        self._chunks.pop()
        self._dropped()
        self._measure([])

    def clear(self) -> None:
        """Remove all items. The next one has the number 0."""
        self._chunks, self._divided, self.first = [], None, 0
        self._dropped()
        self._measure([])

    def divide(self, number: int) -> None:
        """Put the divider above an item. There is none yet."""
        self._divided = number
        self._measure([self._chunk(number)])

    def remove_divider(self) -> None:
        """Remove the divider, if there is one."""
        if self._divided is not None:
            chunk, self._divided = self._chunk(self._divided), None
            self._measure([chunk])

    def locate(self, row: int) -> tuple[int, int]:
        """Return the number of the item at a row, and which of the item's rows that is."""
        at = bisect_right(self._starts, row) - 1
        row -= self._starts[at]
        position = bisect_right(self._chunks[at].ends, row)
        return self.first + self._counts[at] + position, row - self._chunks[at].start(position)

    def row_of(self, number: int, offset: int) -> int:
        """Return the row at an offset in an item.

        If the item has fewer rows, return its last one. For a hidden item, return the row after it.
        """
        at = self._chunk(number)
        chunk, position = self._chunks[at], number - self.first - self._counts[at]
        start = chunk.start(position)
        return self._starts[at] + max(start, min(start + offset, chunk.ends[position] - 1))

    def item(self, number: int) -> Item:
        """Return the item with a number."""
        at = self._chunk(number)
        return self._chunks[at].items[number - self.first - self._counts[at]]

    def above(self, number: int) -> Above:
        """Return the context of an item, or of the item that would follow the last one."""
        if number == self.first:
            return Above(None, None)
        item = self.item(number - 1)
        return Above(None if number == self._divided else item, item.at)

    def _dropped(self) -> None:
        """Count the items of each chunk again, and forget a divider that is gone."""
        self._counts = [0, *accumulate(len(chunk.items) for chunk in self._chunks)]
        if self._divided is not None and not self.first <= self._divided < self.end:
            self._divided = None

    def _fill(self, items: Sequence[Item], start: int) -> int:
        """Add items from `start` on to the last chunk, or to a new one if it is full. Return how many."""
        if not self._chunks or len(self._chunks[-1].items) >= CHUNK:
            self._chunks.append(Chunk([]))
            self._counts.append(self._counts[-1])
            self._starts.append(self._starts[-1])
        chunk, number = self._chunks[-1], self.end
        part = items[start : start + CHUNK - len(chunk.items)]
        height = chunk.start(len(chunk.items))
        chunk.items.extend(part)
        self._counts[-1] += len(part)
        chunk.ends.extend(height + each for each in self._ends(part, number))
        self._starts[-1] += chunk.ends[-1] - height
        return len(part)

    def _measure(self, chunks: Iterable[int]) -> None:
        """Count the rows of some chunks again."""
        for at in chunks:
            self._chunks[at].ends = self._ends(self._chunks[at].items, self.first + self._counts[at])
        self._starts = list(accumulate((chunk.ends[-1] for chunk in self._chunks), initial=0))

    def _ends(self, items: Sequence[Item], number: int) -> "array[int]":
        """Return the number of rows up to the end of each item, from the one with `number` on."""
        above = self.above(number)
        if self._divided is None or not number <= self._divided < number + len(items):
            return row_ends(items, above, self.layout)
        found = row_ends(items[: self._divided - number], above, self.layout)
        height = 1 + (found[-1] if found else 0)
        rest = row_ends(items[self._divided - number :], self.above(self._divided), self.layout)
        found.extend(height + each for each in rest)
        return found

    def _chunk(self, number: int) -> int:
        return bisect_right(self._counts, number - self.first) - 1
