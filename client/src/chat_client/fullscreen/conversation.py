"""The rows of a conversation: the received items in order, and below them the posts that have not come back.

Items have the numbers of `MeasuredItems`. The row that says where the room begins has the number before the first
item; unsent posts have the numbers after the last.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from chat_client.events import MessageReceived, NotSent
from chat_client.fullscreen.identity import Identity, identity
from chat_client.fullscreen.items import Above, Item
from chat_client.fullscreen.layout import LEAST_WIDTH, Layout
from chat_client.fullscreen.measured_items import MeasuredItems
from chat_client.fullscreen.row import Look, Row
from chat_client.fullscreen.rows import divider, named, rows, unsent_rows
from chat_client.fullscreen.unsent_posts import UnsentPost, UnsentPosts
from chat_client.ignoring import keys_of
from chat_client.language import _
from chat_client.preferences import Preferences


class Conversation:
    """The conversation of a room. Adding to either end and finding a row take little time at any size."""

    def __init__(self, *, beginning: str = "") -> None:
        """Start without items, 80 cells wide.

        Args:
            beginning: The text above the very first message.
        """
        self._beginning = beginning
        self._beginning_rows = 0  # 1 once the very first message is here
        self._items = MeasuredItems(Layout(80))
        self._awaits_new = False
        self._new: Identity | None = None  # of the first new message, which may not be among the items
        self._attached = True
        self._unsent = UnsentPosts()
        self._unsent_rows: list[list[Row]] = []

    @property
    def layout(self) -> Layout:
        """The layout of all rows."""
        return self._items.layout

    @property
    def first(self) -> int:
        """The number of the oldest item."""
        return self._items.first

    @property
    def end(self) -> int:
        """The number after that of the newest item."""
        return self._items.end

    @property
    def height(self) -> int:
        """The number of rows."""
        return self._unsent_start + sum(map(len, self._unsent_rows))

    @property
    def empty(self) -> bool:
        """Whether there is nothing, not even hidden items."""
        return not self.height and self.first == self.end

    @property
    def new(self) -> int | None:
        """The number of the first new message, below the divider."""
        return self._items.divided

    @property
    def pending(self) -> int:
        """How many posts may still come back."""
        return self._unsent.pending

    @property
    def refused(self) -> list[NotSent]:
        """The refused posts, oldest first."""
        return self._unsent.refused

    def lay_out(self, *, width: int | None = None, own_name: str | None = None) -> None:
        """Change the width in cells or the name of the person who reads."""
        before = self.layout
        layout = before._replace(
            width=before.width if width is None else max(LEAST_WIDTH, width),
            own_name=before.own_name if own_name is None else own_name,
        )
        self._items.lay_out(layout)
        self._lay_out_unsent()

    def prefer(self, preferences: Preferences) -> None:
        """Show the items as the person prefers."""
        layout = self.layout._replace(
            local_time=preferences.local_time,
            ignored=keys_of(preferences.ignore),
            highlights=preferences.highlight,
            joins=preferences.joins,
        )
        self._items.lay_out(layout)
        self._lay_out_unsent()

    def shows(self, item: Item) -> bool:
        """Return whether an item is a message that is not hidden."""
        return isinstance(item, MessageReceived) and not self.layout.hides(item)

    def shown_from(self, number: int, step: int) -> int | None:
        """Return the number of the first item that is not hidden, from one on, upwards (-1) or downwards (1)."""
        while self.first <= number < self.end:
            if not self.layout.hides(self.item(number)):
                return number
            number += step
        return None

    def toggle_fold(self, number: int) -> bool:
        """Open a tall message, or fold it again. Return False if the item with this number is none."""
        item = self.item(number) if self.first <= number < self.end else None
        opened = self.layout.opened
        if not isinstance(item, MessageReceived) or not (
            item in opened or any(row.hidden for row in self.rows(number))
        ):
            return False
        self._items.lay_out(self.layout._replace(opened=opened ^ {item}))
        return True

    def append(self, items: Sequence[Item]) -> None:
        """Add items that have arrived in the room. A message with the sequence of an unsent post replaces that post."""
        self.receive(items)
        self.extend(items)

    def receive(self, items: Sequence[Item]) -> None:
        """Take note of items that have arrived in the room, without adding them."""
        for item in items:
            if isinstance(item, MessageReceived):
                if item.sequence is not None:
                    self._unsent.remove(item.sequence)
                elif self._awaits_new and item.user != self.layout.own_name and not self.layout.hides(item):
                    self._new, self._awaits_new = identity(item), False
        self._lay_out_unsent()

    def extend(self, items: Sequence[Item]) -> None:
        """Add items after the last one."""
        self._items.append(items, self._find_new(items, self.end))
        self._lay_out_unsent()

    def prepend(self, items: Sequence[Item], *, more: bool) -> None:
        """Add older items. Without `more`, the first of them is the very first of the room."""
        self._items.prepend(items, self._find_new(items, self.first - len(items)))
        self._beginning_rows = int(not more)
        self._lay_out_unsent()

    def drop_oldest(self) -> int:
        """Remove some of the oldest items, and return how many rows fewer there are."""
        height, self._beginning_rows = self.height, 0
        self._items.drop_oldest()
        self._lay_out_unsent()
        return height - self.height

    def drop_newest(self) -> None:
        """Remove some of the newest items."""
        self._items.drop_newest()
        self._lay_out_unsent()

    def clear(self) -> None:
        """Remove all items. The posts that have not come back stay."""
        self._items.clear()
        self._beginning_rows = 0
        self._lay_out_unsent()

    @property
    def attached(self) -> bool:
        """Whether the newest item is the newest of the room. Unsent posts have rows only below that one."""
        return self._attached

    @attached.setter
    def attached(self, attached: bool) -> None:
        self._attached = attached
        self._lay_out_unsent()

    def post(self, sequence: int, text: str, at: int) -> None:
        """Add an unsent post; `at` is the time in microseconds since 1970-01-01 UTC."""
        self._unsent.add(UnsentPost(sequence, at, text))
        self._lay_out_unsent()

    def delay(self, sequence: int) -> None:
        """Mark an unsent post as delayed."""
        self._unsent.delay(sequence)
        self._lay_out_unsent()

    def refuse(self, sequence: int, reason: str) -> None:
        """Mark an unsent post as refused."""
        self._unsent.refuse(sequence, reason)
        self._lay_out_unsent()

    def pop_refused(self) -> str | None:
        """Remove the oldest refused post and return its text, or None if no post is refused."""
        text = self._unsent.pop_refused()
        self._lay_out_unsent()
        return text

    def mark_new(self) -> None:
        """Put a divider above the next message of another person, instead of where it is now."""
        self._awaits_new, self._new = True, None
        self._items.remove_divider()
        self._lay_out_unsent()

    def divide(self, number: int) -> None:
        """Put the divider above a message that was there before the person came."""
        self._new = identity(self.item(number))
        self._items.divide(number)
        self._lay_out_unsent()

    def locate(self, row: int) -> tuple[int, int]:
        """Return the number of the item or unsent post at a row, and which of its own rows that is.

        Args:
            row: A row of the conversation, from 0 up to `height` - 1.
        """
        if row < self._beginning_rows:
            return self.first - 1, row
        if row < self._unsent_start:
            return self._items.locate(row - self._beginning_rows)
        row -= self._unsent_start
        starts = list(accumulate(map(len, self._unsent_rows), initial=0))
        position = bisect_right(starts, row) - 1
        return self.end + position, row - starts[position]

    def item(self, number: int) -> Item:
        """Return the item with a number."""
        return self._items.item(number)

    def items(self) -> list[Item]:
        """Return all items."""
        return [self.item(number) for number in range(self.first, self.end)]

    def row_of(self, number: int, offset: int = 0) -> int:
        """Return the row of the conversation at an offset in the item or unsent post with this number.

        The offset counts rows. If an item has fewer rows, return its last one.
        """
        if number < self.first:
            return 0
        if number >= self.end:
            return self._unsent_start + sum(map(len, self._unsent_rows[: number - self.end])) + offset
        return self._beginning_rows + self._items.row_of(number, offset)

    def rows(self, number: int) -> list[Row]:
        """Return the rows of the item or unsent post with this number."""
        if number < self.first:
            return [divider(self._beginning, Look.DIM, self.layout)]
        if number >= self.end:
            return self._unsent_rows[number - self.end]
        found = rows(self._items.item(number), self._items.above(number), self.layout)
        return [divider(_("new"), Look.NEW, self.layout), *found] if number == self.new else found

    def named_row(self, number: int, offset: int) -> Row:
        """Return a row of an item or unsent post as the first in view: with the name, if that is in a row above."""
        row = self.rows(number)[offset]
        return named(row, self.item(number), self.layout) if self.first <= number < self.end else row

    @property
    def _unsent_start(self) -> int:
        """The row of the first unsent post."""
        return self._beginning_rows + self._items.height

    def _find_new(self, items: Sequence[Item], start: int) -> int | None:
        """Return the number of the first new message, if it is among items with numbers from `start` on."""
        if self._new is None or self.new is not None:
            return None
        return next((number for number, item in enumerate(items, start) if identity(item) == self._new), None)

    def _lay_out_unsent(self) -> None:
        self._unsent_rows = []
        if not self._attached:
            return
        above = self._items.above(self.end)
        for post in self._unsent:
            self._unsent_rows.append(unsent_rows(post, above, self.layout))
            above = Above(post.as_message(self.layout.own_name) if post.reason is None else None, post.at)
