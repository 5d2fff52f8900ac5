"""The number of rows that items need: the length of what `rows` returns, counted without building it."""

from array import array
from collections.abc import Iterable

from chat_client.commands import ACTION, action
from chat_client.events import MessageReceived
from chat_client.fullscreen.days import QUARTER
from chat_client.fullscreen.items import Above, Item, starred_text
from chat_client.fullscreen.layout import FOLDED_ROWS, Layout
from chat_client.fullscreen.wrapping import rows_needed


def row_ends(items: Iterable[Item], above: Above, layout: Layout) -> "array[int]":
    """Return the number of rows up to the end of each item. `above` is the context of the first one.

    A change of width counts the rows of every message again. For speed, the loop wraps only the texts that may need it.
    """
    found, total, width = array("I"), 0, layout.message_width
    before, before_at, quarter = above.item, above.at, None
    hiding = layout.hides_some
    for item in items:
        if item.at // QUARTER != quarter:
            quarter = item.at // QUARTER
            if layout.new_day(item.at, before_at):
                total, before = total + 1, None
        before_at = item.at
        if hiding and layout.hides(item):
            found.append(total)
            before = item
            continue
        if type(item) is MessageReceived and not (item.text.startswith(ACTION) and action(item.text)):
            text = item.text
            height = 1 if len(text) <= width and text.isascii() and text.isprintable() else rows_needed(text, width)
            total += layout.heading_height(item, before)
        else:
            height = rows_needed(starred_text(item), layout.starred_width)
        total += FOLDED_ROWS + 1 if height > FOLDED_ROWS and layout.folds(item) else height
        found.append(total)
        before = item
    return found
