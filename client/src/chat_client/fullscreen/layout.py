"""The layout of rows at a width in cells.

Wide rows are `HH:MM  name │ text`. Narrow rows, below 60 cells, have time and name in a row above the text. So does a
name in a wide layout that does not fit: names that are cut could look the same.
"""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from chat_client.display import safe
from chat_client.events import MessageReceived, PresenceChanged
from chat_client.fullscreen.days import day
from chat_client.fullscreen.items import Item, runs_on, soon_after
from chat_client.fullscreen.mentions import mentions_any
from chat_client.fullscreen.wrapping import wrap
from chat_client.ignoring import key_of

LEAST_WIDTH = 20
NARROW_BELOW = 60
WIDE_FROM = 70
TIME_WIDTH = 6
FOLDED_ROWS = 20


class Layout(NamedTuple):
    """The layout of all rows of a transcript.

    Attributes:
        width: The width in cells, at least LEAST_WIDTH.
        own_name: The name of the person who reads.
        local_time: Whether times are in the local time zone instead of UTC.
        ignored: The keys of the names of people whose messages are hidden.
        highlights: Words that count as the own name.
        joins: Whether changes of presence are shown.
        opened: The tall messages that the person has opened.
    """

    width: int
    own_name: str = ""
    local_time: bool = False
    ignored: frozenset[str] = frozenset()
    highlights: tuple[str, ...] = ()
    joins: bool = True
    opened: frozenset[MessageReceived] = frozenset()

    @property
    def narrow(self) -> bool:
        """Whether names have rows of their own."""
        return self.width < NARROW_BELOW

    @property
    def name_width(self) -> int:
        """The width in cells of the column of names in a wide layout."""
        return 16 if self.width >= WIDE_FROM else 10

    @property
    def message_width(self) -> int:
        """The width in cells of the text of a message."""
        return self.width - 2 if self.narrow else self.width - TIME_WIDTH - self.name_width - 3

    @property
    def starred_width(self) -> int:
        """The width in cells of a text behind a star."""
        return self.width - 8 if self.narrow else self.message_width

    def new_day(self, at: int, before: int | None) -> date | None:
        """Return the day of a time, or None if the time before is of the same day. Times in microseconds."""
        found = day(at, local=self.local_time)
        return None if before is not None and found == day(before, local=self.local_time) else found

    @property
    def hides_some(self) -> bool:
        """Whether there may be hidden items."""
        return bool(self.ignored) or not self.joins

    def hides(self, item: Item) -> bool:
        """Return whether an item is hidden. It has no rows then, except dividers above it."""
        if isinstance(item, PresenceChanged):
            return not self.joins
        if not self.ignored or not isinstance(item, MessageReceived) or item.user == self.own_name:
            return False
        return key_of(item.user) in self.ignored

    def mentions(self, message: MessageReceived) -> bool:
        """Return whether a message of somebody else has the own name or a highlighted word."""
        return message.user != self.own_name and mentions_any(message.text, (self.own_name, *self.highlights))

    def heading_height(self, message: MessageReceived, before: Item | None) -> int:
        """Return the number of rows with time and name above the text of a message; `before` is the item above."""
        height = _name_height(message.user, self.width)
        if not height or not runs_on(message, before):
            return height
        shown_again = self.narrow and before is not None and not soon_after(message.at, before.at)
        return height if shown_again else 0

    def folds(self, item: Item) -> bool:
        """Return whether an item shows only FOLDED_ROWS of its text: a message of somebody else, until it is opened."""
        return isinstance(item, MessageReceived) and item.user != self.own_name and item not in self.opened


def name_spans(name: str, width: int) -> list[tuple[int, int]]:
    """Return the start and end of each row of a name above a text."""
    return wrap(name, width - TIME_WIDTH)


@lru_cache(maxsize=4096)
def _name_height(user: str, width: int) -> int:
    """Return the number of rows of a name above a text, or 0 if the name fits beside it."""
    layout, name = Layout(width), safe(user)
    return 0 if not layout.narrow and cell_len(name) <= layout.name_width else len(name_spans(name, width))
