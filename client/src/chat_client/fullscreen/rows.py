"""What is shown of a room as rows of styled pieces, at a width in cells.

Wide rows are `HH:MM  name │ text`. Narrow ones, below 60 cells, have time and name in a row of their own above.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from chat_client.commands import action
from chat_client.display import NOTICES, safe
from chat_client.events import MessageReceived, PresenceChanged
from chat_client.fullscreen.days import MINUTE, clock, date_text, day
from chat_client.fullscreen.links import links
from chat_client.fullscreen.wrapping import cropped, right_aligned, safe_lines, wrap
from chat_client.language import _

LEAST_WIDTH = 20
NARROW_BELOW = 60
WIDE_FROM = 70
GROUPED = 5 * MINUTE

SAID, MENTION, PENDING, DELAYED, REFUSED = "│", "┃", "┊", "…", "✗"


class Look(Enum):
    """What a piece of a row is; the faces choose its colour and font."""

    PLAIN = auto()
    DIM = auto()
    NAME = auto()
    ACTION = auto()
    MENTION = auto()
    NEW = auto()
    PENDING = auto()
    REFUSED = auto()


class Piece(NamedTuple):
    """Text of one look. `name` is whose name it is, `url` where it leads."""

    text: str
    look: Look
    name: str = ""
    url: str = ""


Pieces = tuple[Piece, ...]


class Row(NamedTuple):
    """One row. `joint` stands between it and the row above, if both are of one text; else it is None.

    `prefix` is what stands before the text: time, name, or blanks.
    """

    prefix: Pieces
    body: Pieces
    joint: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Something that nobody said. `at` as in chat_wire.messages."""

    at: int
    text: str


Item = MessageReceived | PresenceChanged | Line


@dataclass(slots=True)
class Post:
    """What was posted and has not come back: `delayed` if that takes long, with a `reason` if it never will."""

    sequence: int
    at: int
    text: str
    delayed: bool = False
    reason: str | None = None


class Above(NamedTuple):
    """What an item is shown below: the item before it, if it may go on with that, and the time of what is before it."""

    item: Item | None
    at: int | None


class Layout(NamedTuple):
    """How rows are laid out, the same for all of them. `width` in cells, LEAST_WIDTH at least."""

    width: int
    own_name: str = ""
    local_time: bool = False

    @property
    def narrow(self) -> bool:
        """Have names rows of their own?"""
        return self.width < NARROW_BELOW

    @property
    def name_width(self) -> int:
        """Cells of the column of names, if not narrow."""
        return 16 if self.width >= WIDE_FROM else 10

    @property
    def said_width(self) -> int:
        """Cells that are left for the text of a message."""
        return self.width - 2 if self.narrow else self.width - self.name_width - 9

    @property
    def starred_width(self) -> int:
        """Cells that are left for the text of a notice."""
        return self.width - 8 if self.narrow else self.said_width


def rows(item: Item, above: Above, layout: Layout) -> list[Row]:
    """The rows of an item, under a row with the date if a new day begins with it."""
    new_day = day_begun(item.at, above.at, layout)
    if new_day:
        return [_centred(date_text(new_day), Look.DIM, layout), *_item_rows(item, None, layout)]
    return _item_rows(item, above.item, layout)


def post_rows(post: Post, above: Above, layout: Layout) -> list[Row]:
    """The rows of a post that has not come back."""
    said = MessageReceived(at=post.at, user=layout.own_name, text=post.text)
    before = None if day_begun(post.at, above.at, layout) else above.item
    if post.reason is None:
        return _said_rows(said, before, layout, DELAYED if post.delayed else PENDING, Look.PENDING)
    hint = _("{reason}: F2 sends it again, F3 drops it").format(reason=post.reason)
    refused = _said_rows(said, before, layout, REFUSED, Look.REFUSED)
    return [*refused, *_star_rows(None, hint, layout, REFUSED, Look.REFUSED)]


def new_row(layout: Layout) -> Row:
    """The row above what is new."""
    return _centred(_("new"), Look.NEW, layout)


def beginning_row(text: str, layout: Layout) -> Row:
    """The row above the first message of all; `text` says so."""
    return _centred(text, Look.DIM, layout)


def mentions(text: str, name: str) -> bool:
    """Does a text name somebody, as a whole word, in capitals or not?"""
    wanted, folded = name.casefold(), text.casefold()
    # The name is looked for first as it is: that takes a tenth of the time, and most messages do not have it.
    return bool(name) and wanted in folded and _word(wanted).search(folded) is not None


def day_begun(at: int, before: int | None, layout: Layout) -> date | None:
    """The day of a time, unless it is that of the time before."""
    found = day(at, local=layout.local_time)
    return None if before is not None and found == day(before, local=layout.local_time) else found


def runs_on(item: Item, before: Item | None) -> bool:
    """Is an item a message that goes on with what the same author said just before?"""
    return (
        isinstance(before, MessageReceived)
        and isinstance(item, MessageReceived)
        and item.user == before.user
        and abs(item.at - before.at) < GROUPED
        and not action(item.text)
        and not action(before.text)
    )


def starred_text(item: Item) -> str:
    """What is shown behind a star, of what is not a plain message."""
    match item:
        case MessageReceived(user=user, text=text):
            return f"{user} {action(text)}"
        case PresenceChanged(user=user, kind=kind):
            return _(NOTICES[kind]).format(name=user)
        case Line(text=text):
            return text


@lru_cache(maxsize=16)
def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _item_rows(item: Item, before: Item | None, layout: Layout) -> list[Row]:
    if not isinstance(item, MessageReceived):
        return _star_rows(item.at, starred_text(item), layout, SAID, Look.DIM)
    if item.user != layout.own_name and mentions(item.text, layout.own_name):
        return _said_rows(item, before, layout, MENTION, Look.MENTION)
    return _said_rows(item, before, layout, SAID, Look.PLAIN)


def _said_rows(said: MessageReceived, before: Item | None, layout: Layout, mark: str, look: Look) -> list[Row]:
    if action(said.text):
        return _star_rows(said.at, starred_text(said), layout, mark, Look.ACTION if look is Look.PLAIN else look)
    grouped = runs_on(said, before)
    texts = _texts(said.text, layout.said_width, look)
    if layout.narrow:
        prefix = (Piece("  " if mark == SAID else f"{mark} ", look),)
        return [*([] if grouped else [_heading(said, layout)]), *_under(prefix, prefix, texts, "\n")]
    same_minute = grouped and before is not None and before.at // MINUTE == said.at // MINUTE
    time = Piece(" " * 6 if same_minute else f"{clock(said.at, local=layout.local_time)} ", Look.DIM)
    name = Piece(right_aligned("" if grouped else safe(said.user), layout.name_width), Look.NAME, name=said.user)
    separator = _separator(mark, look)
    return _under((time, name, separator), (_blank(layout), separator), texts)


def _star_rows(at: int | None, text: str, layout: Layout, mark: str, look: Look) -> list[Row]:
    """The rows of what has a star for a name. In narrow ones there is no room for a mark but the star's."""
    texts = _texts(text, layout.starred_width, look)
    time = Piece(" " * 6 if at is None else f"{clock(at, local=layout.local_time)} ", Look.DIM)
    if layout.narrow:
        star = Piece("* " if mark == SAID else f"{mark} ", look)
        return _under((time, star), (Piece(" " * 8, Look.DIM),), texts)
    star = Piece(right_aligned("*", layout.name_width), look)
    separator = _separator(mark, look)
    return _under((time, star, separator), (_blank(layout), separator), texts)


def _heading(said: MessageReceived, layout: Layout) -> Row:
    time = Piece(f"{clock(said.at, local=layout.local_time)} ", Look.DIM)
    return Row((time, Piece(cropped(safe(said.user), layout.width - 6), Look.NAME, name=said.user)), ())


def _blank(layout: Layout) -> Piece:
    """What stands below time and name."""
    return Piece(" " * (6 + layout.name_width), Look.DIM)


def _separator(mark: str, look: Look) -> Piece:
    return Piece(f" {mark} ", Look.DIM if mark == SAID else look)


def _centred(text: str, look: Look, layout: Layout) -> Row:
    line = cropped(f"── {text} ──", layout.width)
    return Row((Piece(" " * ((layout.width - cell_len(line)) // 2), look),), (Piece(line, look),))


def _under(first: Pieces, others: Pieces, texts: Iterable[tuple[Pieces, str]], joint: str | None = None) -> list[Row]:
    """Rows of texts: the first has a prefix and a joint of its own."""
    found = [Row(others, pieces, between) for pieces, between in texts]
    found[0] = Row(first, found[0].body, joint)
    return found


def _texts(text: str, width: int, look: Look) -> Iterator[tuple[Pieces, str]]:
    """The rows of a text, each with what stands between it and the one before."""
    for line in safe_lines(text):
        found, end_before = links(line), None
        for start, end in wrap(line, width):
            yield tuple(_linked(line, start, end, found, look)), "\n" if end_before is None else line[end_before:start]
            end_before = end


def _linked(line: str, start: int, end: int, found: list[tuple[int, int]], look: Look) -> Iterator[Piece]:
    """The part of a line from `start` to `end`, in pieces by the links that were found in the line."""
    for link_start, link_end in found:
        if start < link_end and link_start < end:
            if start < link_start:
                yield Piece(line[start:link_start], look)
            start, until = max(start, link_start), min(end, link_end)
            yield Piece(line[start:until], look, url=line[link_start:link_end])
            start = until
    if start < end:
        yield Piece(line[start:end], look)
