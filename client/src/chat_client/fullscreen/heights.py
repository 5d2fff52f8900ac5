"""The number of rows that items need: the length of what `rows` returns, counted without building it."""

from array import array
from collections.abc import Iterable

from chat_client.commands import ACTION, action
from chat_client.events import MessageReceived
from chat_client.fullscreen.days import QUARTER
from chat_client.fullscreen.items import Above, Item, runs_on, starred_text
from chat_client.fullscreen.layout import Layout
from chat_client.fullscreen.wrapping import rows_needed


def row_ends(items: Iterable[Item], above: Above, layout: Layout) -> "array[int]":
    """Return the number of rows up to the end of each item. `above` is the context of the first one.

    A change of width counts the rows of every message again. For speed, the loop calls no function for most messages.
    """
    found, total, narrow, width = array("I"), 0, layout.narrow, layout.message_width
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
            total += 1 if len(text) <= width and text.isascii() and text.isprintable() else rows_needed(text, width)
            if narrow and not runs_on(item, before):
                total += 1
        else:
            total += rows_needed(starred_text(item), layout.starred_width)
        found.append(total)
        before = item
    return found
