"""The rows of items, unsent posts and dividers."""

from collections.abc import Iterable

from rich.cells import cell_len

from chat_client.commands import action
from chat_client.display import safe
from chat_client.events import MessageReceived
from chat_client.fullscreen.body import wrapped
from chat_client.fullscreen.days import MINUTE, date_text, time_text
from chat_client.fullscreen.items import Above, Item, runs_on, starred_text
from chat_client.fullscreen.layout import FOLDED_ROWS, TIME_WIDTH, Layout, name_spans
from chat_client.fullscreen.row import Look, Piece, Pieces, Row
from chat_client.fullscreen.unsent_posts import UnsentPost
from chat_client.fullscreen.wrapping import cropped, right_aligned
from chat_client.language import _, ngettext

# The mark between the name and the text. It tells the kinds of messages apart without colours.
RECEIVED, MENTIONED, PENDING, DELAYED, REFUSED = "│", "┃", "┊", "…", "✗"
# In the place of a name. A person who says "/me left" does not look like one who has left.
ACTING, NOTICE = "*", "-"


def rows(item: Item, above: Above, layout: Layout) -> list[Row]:
    """Return the rows of an item, below a row with the date if it is the first of its day."""
    new_day = layout.new_day(item.at, above.at)
    if not new_day:
        return _item_rows(item, above.item, layout)
    text = date_text(new_day)
    return [divider(text, Look.DIM, layout)._replace(label=text), *_item_rows(item, None, layout)]


def unsent_rows(post: UnsentPost, above: Above, layout: Layout) -> list[Row]:
    """Return the rows of a post that has not come back, with the reason if it was refused."""
    message = post.as_message(layout.own_name)
    before = None if layout.new_day(post.at, above.at) else above.item
    if post.reason is None:
        return _message_rows(message, before, layout, DELAYED if post.delayed else PENDING, Look.PENDING)
    hint = _("{reason}: F2 sends it again, F3 discards it").format(reason=post.reason)
    refused = _message_rows(message, before, layout, REFUSED, Look.REFUSED)
    hints = _starred_rows(None, hint, layout, REFUSED, Look.REFUSED)
    return [*refused, *(row._replace(joint=None) for row in hints)]


def divider(text: str, look: Look, layout: Layout) -> Row:
    """Return a row with a text between dashes, in the middle."""
    line = cropped(f"── {text} ──", layout.width)
    return Row((Piece(" " * ((layout.width - cell_len(line)) // 2), look),), (Piece(line, look),))


def named(row: Row, item: Item, layout: Layout) -> Row:
    """Return a row of an item as the first one in view: with time and name, if they stand in a row above.

    In a layout without room for the name beside the text, they take the place of the text.
    """
    if (row.joint is None and not row.hidden) or not isinstance(item, MessageReceived) or action(item.text):
        return row
    if layout.heading_height(item, None):
        return _heading(item, layout)[0]
    return Row((_time(item.at, layout), _name(item.user, layout), row.prefix[-1]), row.body)


def _item_rows(item: Item, before: Item | None, layout: Layout) -> list[Row]:
    if layout.hides(item):
        return []
    if not isinstance(item, MessageReceived):
        return _starred_rows(item.at, starred_text(item), layout, RECEIVED, Look.DIM, NOTICE)
    mark, look = (MENTIONED, Look.MENTION) if layout.mentions(item) else (RECEIVED, Look.PLAIN)
    found = _message_rows(item, before, layout, mark, look)
    return _folded(found, layout) if layout.folds(item) else found


def _message_rows(message: MessageReceived, before: Item | None, layout: Layout, mark: str, look: Look) -> list[Row]:
    if action(message.text):
        look = Look.ACTION if look is Look.PLAIN else look
        return _starred_rows(message.at, starred_text(message), layout, mark, look)
    texts = wrapped(message.text, layout.message_width, look)
    label = f"{_clock_label(message.at, layout)}{safe(message.user)}: "
    heading = _heading(message, layout) if layout.heading_height(message, before) else []
    if layout.narrow:
        prefix = (Piece("  " if mark == RECEIVED else f"{mark} ", look),)
        return [*heading, *_under(prefix, prefix, texts, label)]
    others = (_blank(layout), _separator(mark, look))
    if heading:
        return [*heading, *_under(others, others, texts, label)]
    first = (*_beside(message, before, layout), others[-1])
    return _under(first, others, texts, label)


def _beside(message: MessageReceived, before: Item | None, layout: Layout) -> Pieces:
    """Return time and name beside the text, each blank if the message above shows the same."""
    if before is None or not runs_on(message, before):
        return _time(message.at, layout), _name(message.user, layout)
    return _time(None if before.at // MINUTE == message.at // MINUTE else message.at, layout), _name("", layout)


def _starred_rows(at: int | None, text: str, layout: Layout, mark: str, look: Look, star: str = ACTING) -> list[Row]:
    """Return the rows of a text with a star for a name. Narrow rows have room for the star or the mark, not both."""
    texts = wrapped(text, layout.starred_width, look)
    time, label = _time(at, layout), "" if at is None else f"{_clock_label(at, layout)}{star} "
    if layout.narrow:
        narrow = Piece(f"{star} " if mark == RECEIVED else f"{mark} ", look)
        return _under((time, narrow), (Piece(" " * 8, Look.DIM),), texts, label)
    wide = Piece(right_aligned(star, layout.name_width), look)
    separator = _separator(mark, look)
    return _under((time, wide, separator), (_blank(layout), separator), texts, label)


def _folded(found: list[Row], layout: Layout) -> list[Row]:
    """Return the rows of a tall text up to FOLDED_ROWS, and one that says how many more there are."""
    cut = FOLDED_ROWS + sum(row.joint is None for row in found)
    if len(found) <= cut:
        return found
    count = len(found) - cut
    text = ngettext("… {count} more row: F6 Space opens it", "… {count} more rows: F6 Space opens them", count)
    hint = Piece(cropped(text.format(count=count), layout.starred_width), Look.NEW)
    return [*found[:cut], Row(found[cut].prefix, (hint,), hidden=tuple(found[cut:]))]


def _heading(message: MessageReceived, layout: Layout) -> list[Row]:
    name = safe(message.user)
    pieces = [Piece(name[start:end], Look.NAME, name=message.user) for start, end in name_spans(name, layout.width)]
    times = (message.at, *[None] * (len(pieces) - 1))
    return [Row((_time(at, layout), piece), ()) for at, piece in zip(times, pieces, strict=True)]


def _name(user: str, layout: Layout) -> Piece:
    """Return the column of the name, blank for none."""
    return Piece(right_aligned(safe(user), layout.name_width), Look.NAME, name=user)


def _time(at: int | None, layout: Layout) -> Piece:
    """Return the column of the time, blank for None."""
    return Piece(" " * TIME_WIDTH if at is None else f"{time_text(at, local=layout.local_time)} ", Look.DIM)


def _clock_label(at: int, layout: Layout) -> str:
    return f"[{time_text(at, local=layout.local_time)}] "


def _blank(layout: Layout) -> Piece:
    """Return the blanks below time and name."""
    return Piece(" " * (TIME_WIDTH + layout.name_width), Look.DIM)


def _separator(mark: str, look: Look) -> Piece:
    return Piece(f" {mark} ", Look.DIM if mark == RECEIVED else look)


def _under(first: Pieces, others: Pieces, texts: Iterable[Row], label: str) -> list[Row]:
    """Return wrapped rows with prefixes. The first row has one of its own, and the label."""
    found = [row._replace(prefix=others) for row in texts]
    found[0] = found[0]._replace(prefix=first, label=label)
    return found
