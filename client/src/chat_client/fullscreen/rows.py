"""The rows of items, unsent posts and dividers."""

from collections.abc import Iterable

from rich.cells import cell_len

from chat_client.commands import action
from chat_client.display import safe
from chat_client.events import MessageReceived
from chat_client.fullscreen.body import wrapped
from chat_client.fullscreen.days import MINUTE, date_text, time_text
from chat_client.fullscreen.items import Above, Item, runs_on, starred_text
from chat_client.fullscreen.layout import Layout
from chat_client.fullscreen.row import Look, Piece, Pieces, Row
from chat_client.fullscreen.unsent_posts import UnsentPost
from chat_client.fullscreen.wrapping import cropped, right_aligned
from chat_client.language import _

# The mark between the name and the text. It tells the kinds of messages apart without colours.
RECEIVED, MENTIONED, PENDING, DELAYED, REFUSED = "│", "┃", "┊", "…", "✗"


def rows(item: Item, above: Above, layout: Layout) -> list[Row]:
    """Return the rows of an item, below a row with the date if it is the first of its day."""
    new_day = layout.new_day(item.at, above.at)
    if new_day:
        return [divider(date_text(new_day), Look.DIM, layout), *_item_rows(item, None, layout)]
    return _item_rows(item, above.item, layout)


def unsent_rows(post: UnsentPost, above: Above, layout: Layout) -> list[Row]:
    """Return the rows of a post that has not come back, with the reason if it was refused."""
    message = post.as_message(layout.own_name)
    before = None if layout.new_day(post.at, above.at) else above.item
    if post.reason is None:
        return _message_rows(message, before, layout, DELAYED if post.delayed else PENDING, Look.PENDING)
    hint = _("{reason}: F2 sends it again, F3 discards it").format(reason=post.reason)
    refused = _message_rows(message, before, layout, REFUSED, Look.REFUSED)
    return [*refused, *_starred_rows(None, hint, layout, REFUSED, Look.REFUSED)]


def divider(text: str, look: Look, layout: Layout) -> Row:
    """Return a row with a text between dashes, in the middle."""
    line = cropped(f"── {text} ──", layout.width)
    return Row((Piece(" " * ((layout.width - cell_len(line)) // 2), look),), (Piece(line, look),))


def _item_rows(item: Item, before: Item | None, layout: Layout) -> list[Row]:
    if layout.hides(item):
        return []
    if not isinstance(item, MessageReceived):
        return _starred_rows(item.at, starred_text(item), layout, RECEIVED, Look.DIM)
    if layout.mentions(item):
        return _message_rows(item, before, layout, MENTIONED, Look.MENTION)
    return _message_rows(item, before, layout, RECEIVED, Look.PLAIN)


def _message_rows(message: MessageReceived, before: Item | None, layout: Layout, mark: str, look: Look) -> list[Row]:
    if action(message.text):
        look = Look.ACTION if look is Look.PLAIN else look
        return _starred_rows(message.at, starred_text(message), layout, mark, look)
    grouped = runs_on(message, before)
    texts = wrapped(message.text, layout.message_width, look)
    if layout.narrow:
        prefix = (Piece("  " if mark == RECEIVED else f"{mark} ", look),)
        return [*([] if grouped else [_heading(message, layout)]), *_under(prefix, prefix, texts, "\n")]
    same_minute = grouped and before is not None and before.at // MINUTE == message.at // MINUTE
    time = _time(None if same_minute else message.at, layout)
    name = right_aligned("" if grouped else safe(message.user), layout.name_width)
    separator = _separator(mark, look)
    first = (time, Piece(name, Look.NAME, name=message.user), separator)
    return _under(first, (_blank(layout), separator), texts)


def _starred_rows(at: int | None, text: str, layout: Layout, mark: str, look: Look) -> list[Row]:
    """Return the rows of a text with a star for a name. Narrow rows have room for the star or the mark, not both."""
    texts = wrapped(text, layout.starred_width, look)
    time = _time(at, layout)
    if layout.narrow:
        star = Piece("* " if mark == RECEIVED else f"{mark} ", look)
        return _under((time, star), (Piece(" " * 8, Look.DIM),), texts)
    star = Piece(right_aligned("*", layout.name_width), look)
    separator = _separator(mark, look)
    return _under((time, star, separator), (_blank(layout), separator), texts)


def _heading(message: MessageReceived, layout: Layout) -> Row:
    name = cropped(safe(message.user), layout.width - 6)
    return Row((_time(message.at, layout), Piece(name, Look.NAME, name=message.user)), ())


def _time(at: int | None, layout: Layout) -> Piece:
    """Return the column of the time, blank for None."""
    return Piece(" " * 6 if at is None else f"{time_text(at, local=layout.local_time)} ", Look.DIM)


def _blank(layout: Layout) -> Piece:
    """Return the blanks below time and name."""
    return Piece(" " * (6 + layout.name_width), Look.DIM)


def _separator(mark: str, look: Look) -> Piece:
    return Piece(f" {mark} ", Look.DIM if mark == RECEIVED else look)


def _under(first: Pieces, others: Pieces, texts: Iterable[tuple[Pieces, str]], joint: str | None = None) -> list[Row]:
    """Return rows of wrapped texts. The first row has a prefix and a joint of its own."""
    found = [Row(others, pieces, between) for pieces, between in texts]
    found[0] = Row(first, found[0].body, joint)
    return found
