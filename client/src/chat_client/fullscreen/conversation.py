"""What is shown of the room: what was told of it, in order, and below that the posts that have not come back.

What was told is numbered from 0; what is older is put before it and has numbers below 0. The row that says
where the room begins, if that is known, has the number before the first; posts have the numbers after the last.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from chat_client.events import MessageReceived, NotSent
from chat_client.fullscreen.heights import ends
from chat_client.fullscreen.rows import (
    LEAST_WIDTH,
    Above,
    Layout,
    Post,
    Row,
    beginning_row,
    new_row,
    post_rows,
    rows,
)
from chat_client.fullscreen.rows import Item as Item
from chat_client.fullscreen.rows import Line as Line

CHUNK = 256


@dataclass(slots=True)
class Chunk:
    """Some items that follow each other, and how many rows there are up to the end of each."""

    items: list[Item]
    ends: "array[int]" = field(default_factory=lambda: array("I"))


class Conversation:
    """Appending, putting before, and finding what is at a row take little time however much there is."""

    def __init__(self, *, local_time: bool = False, beginning: str = "") -> None:
        """`beginning` is what stands above the first message of all."""
        self._beginning = beginning
        self.layout = Layout(80, local_time=local_time)
        self.first = 0
        self.new: int | None = None
        self._new_awaited = False
        self._begun = False
        self._chunks: list[Chunk] = []
        self._posts: dict[int, Post] = {}
        self._tail: list[list[Row]] = []
        self._counts = [0]  # of items before each chunk, and of all
        self._starts = [0]  # rows before each chunk, and before the posts

    @property
    def end(self) -> int:
        """The number after that of the last item told."""
        return self.first + self._counts[-1]

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self._starts[-1] + sum(map(len, self._tail))

    @property
    def pending(self) -> int:
        """How many posts may still come back."""
        return sum(post.reason is None for post in self._posts.values())

    @property
    def refused(self) -> list[NotSent]:
        """The posts that will not come back, oldest first."""
        return [
            NotSent(sequence=post.sequence, text=post.text, reason=post.reason)
            for post in self._posts.values()
            if post.reason is not None
        ]

    def lay_out(self, *, width: int | None = None, own_name: str | None = None) -> None:
        """Show all at another width in cells, or to somebody of another name."""
        before = self.layout
        self.layout = before._replace(
            width=before.width if width is None else max(LEAST_WIDTH, width),
            own_name=before.own_name if own_name is None else own_name,
        )
        if self.layout.width != before.width:
            self._measure(range(len(self._chunks)))
        self._show_posts()

    def append(self, items: Sequence[Item]) -> None:
        """Add what was told. A post that has come back is no longer pending."""
        for number, item in enumerate(items, self.end):
            if isinstance(item, MessageReceived):
                if item.sequence is not None:
                    self._posts.pop(item.sequence, None)
                elif self._new_awaited and item.user != self.layout.own_name:
                    self.new, self._new_awaited = number, False
        start = 0
        while start < len(items):
            start += self._fill(items, start)
        self._show_posts()

    def prepend(self, items: Sequence[Item], *, more: bool) -> None:
        """Put what is older before all else; without `more` the room begins there."""
        pages = [Chunk(list(items[start : start + CHUNK])) for start in range(0, len(items), CHUNK)]
        self._chunks[:0] = pages
        self.first -= len(items)
        self._begun = not more
        self._counts = [0, *accumulate(len(chunk.items) for chunk in self._chunks)]
        self._measure(range(min(len(pages) + 1, len(self._chunks))))
        self._show_posts()

    def post(self, sequence: int, text: str, at: int) -> None:
        """Show a post below all else until it comes back. `at` as in chat_wire.messages."""
        self._posts[sequence] = Post(sequence, at, text)
        self._show_posts()

    def delay(self, sequence: int) -> None:
        """Show that a post takes long; nothing if it is not pending."""
        if sequence in self._posts:
            self._posts[sequence].delayed = True
            self._show_posts()

    def refuse(self, sequence: int, reason: str) -> None:
        """Show that a post will not come back, and why; nothing if it is not pending."""
        if sequence in self._posts:
            self._posts[sequence].reason = reason
            self._show_posts()

    def take_refused(self) -> str | None:
        """Take away the oldest post that will not come back; returns its text, None if there is none."""
        refused = self.refused
        if not refused:
            return None
        del self._posts[refused[0].sequence]
        self._show_posts()
        return refused[0].text

    def mark_new(self) -> None:
        """What others say from now on is new: a line will stand above it, and none above what was new before."""
        self._new_awaited = True
        if self.new is not None:
            chunk, self.new = self._chunk(self.new), None
            self._measure([chunk])
            self._show_posts()

    def place(self, row: int) -> tuple[int, int]:
        """The number of what is at a row, which is below the height, and which of its rows that is."""
        if row < self._starts[0]:
            return self.first - 1, row
        if row < self._starts[-1]:
            at = bisect_right(self._starts, row) - 1
            row -= self._starts[at]
            position = bisect_right(self._chunks[at].ends, row)
            return self.first + self._counts[at] + position, row - _start(self._chunks[at], position)
        ends_of_posts = list(accumulate(map(len, self._tail), initial=0))
        position = bisect_right(ends_of_posts, row - self._starts[-1]) - 1
        return self.end + position, row - self._starts[-1] - ends_of_posts[position]

    def row(self, number: int, offset: int = 0) -> int:
        """Where the row `offset` of what has a number is; its last row, if it has fewer."""
        if number < self.first:
            return 0
        if number >= self.end:
            return self._starts[-1] + sum(map(len, self._tail[: number - self.end])) + offset
        at = self._chunk(number)
        position = number - self.first - self._counts[at]
        return self._starts[at] + min(_start(self._chunks[at], position) + offset, self._chunks[at].ends[position] - 1)

    def rows(self, number: int) -> list[Row]:
        """The rows of what has a number."""
        if number < self.first:
            return [beginning_row(self._beginning, self.layout)]
        if number >= self.end:
            return self._tail[number - self.end]
        shown = rows(self._item(number), self._above(number), self.layout)
        return [new_row(self.layout), *shown] if number == self.new else shown

    def text(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        """What is shown from one place up to another, both a row and a number of characters in it.

        Rows of one message are joined again, and what stands before its text is there once.
        """
        number = self.place(start[0])[0]
        row, found = self.row(number), ""
        while row <= end[0] and row < self.height:
            for shown in self.rows(number):
                if start[0] <= row <= end[0]:
                    first, last = start[1] if row == start[0] else 0, end[1] if row == end[0] else None
                    joint = "\n" if shown.joint is None else shown.joint
                    found += ("" if row == start[0] else joint) + _copied(shown, first, last)
                row += 1
            number += 1
        return found

    def _fill(self, items: Sequence[Item], start: int) -> int:
        """Add items from `start` on to the last chunk, or to a new one if that is full; returns how many."""
        if not self._chunks or len(self._chunks[-1].items) >= CHUNK:
            self._chunks.append(Chunk([]))
            self._counts.append(self._counts[-1])
            self._starts.append(self._starts[-1])
        chunk, number = self._chunks[-1], self.end
        part = items[start : start + CHUNK - len(chunk.items)]
        height = _start(chunk, len(chunk.items))
        chunk.items.extend(part)
        self._counts[-1] += len(part)
        chunk.ends.extend(height + each for each in self._ends(part, number))
        self._starts[-1] += chunk.ends[-1] - height
        return len(part)

    def _measure(self, chunks: Iterable[int]) -> None:
        """Count the rows of chunks anew."""
        for at in chunks:
            self._chunks[at].ends = self._ends(self._chunks[at].items, self.first + self._counts[at])
        heights = (chunk.ends[-1] for chunk in self._chunks)
        self._starts = list(accumulate(heights, initial=int(self._begun)))

    def _ends(self, items: Sequence[Item], number: int) -> "array[int]":
        """How many rows there are up to the end of each of the items from `number` on."""
        above = self._above(number)
        if self.new is None or not number <= self.new < number + len(items):
            return ends(items, above, self.layout)
        found = ends(items[: self.new - number], above, self.layout)
        height = 1 + (found[-1] if found else 0)
        rest = ends(items[self.new - number :], self._above(self.new), self.layout)
        found.extend(height + each for each in rest)
        return found

    def _above(self, number: int) -> Above:
        """What an item is shown below; as if there were nothing, if the line of what is new is in between."""
        if number == self.first:
            return Above(None, None)
        item = self._item(number - 1)
        return Above(None if number == self.new else item, item.at)

    def _chunk(self, number: int) -> int:
        return bisect_right(self._counts, number - self.first) - 1

    def _item(self, number: int) -> Item:
        at = self._chunk(number)
        return self._chunks[at].items[number - self.first - self._counts[at]]

    def _show_posts(self) -> None:
        above, self._tail = self._above(self.end), []
        for post in self._posts.values():
            self._tail.append(post_rows(post, above, self.layout))
            said = MessageReceived(at=post.at, user=self.layout.own_name, text=post.text)
            above = Above(said if post.reason is None else None, post.at)


def _start(chunk: Chunk, position: int) -> int:
    """How many rows there are before an item of a chunk."""
    return chunk.ends[position - 1] if position else 0


def _copied(row: Row, first: int, last: int | None) -> str:
    """The characters of a row from `first` up to `last`, without what stands before a text that goes on."""
    prefix, body = ("".join(piece.text for piece in pieces) for pieces in (row.prefix, row.body))
    return (prefix + body)[first if row.joint is None else max(first, len(prefix)) : last].rstrip(" ")
