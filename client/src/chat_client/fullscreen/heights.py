"""How many rows items take: what `rows` would return, counted without building it."""

from array import array
from collections.abc import Iterable

from chat_client.commands import ACTION, action
from chat_client.events import MessageReceived
from chat_client.fullscreen.days import QUARTER
from chat_client.fullscreen.rows import Above, Item, Layout, day_begun, runs_on, starred_text
from chat_client.fullscreen.wrapping import rows_needed


def ends(items: Iterable[Item], above: Above, layout: Layout) -> "array[int]":
    """How many rows there are up to the end of each item; `above` is what the first one is shown below.

    All is done here that can be done quickly, as a change of width does it for every message.
    """
    found, total, narrow, width = array("I"), 0, layout.narrow, layout.said_width
    before, before_at, quarter = above.item, above.at, None
    for item in items:
        if item.at // QUARTER != quarter:
            quarter = item.at // QUARTER
            if day_begun(item.at, before_at, layout):
                total, before = total + 1, None
        before_at = item.at
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
