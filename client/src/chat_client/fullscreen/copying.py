"""The text that a person copies from a conversation."""

from chat_client.fullscreen.conversation import Conversation
from chat_client.fullscreen.row import Row

Place = tuple[int, int]  # a row, and a number of characters in it


def copied_text(conversation: Conversation, start: Place, end: Place) -> str:
    """Return the text between two places.

    The wrapped rows of a message are joined again, and the time and name before its text appear once.
    """
    number = conversation.locate(start[0])[0]
    row, found = conversation.row_of(number), ""
    while row <= end[0] and row < conversation.height:
        for each in conversation.rows(number):
            if start[0] <= row <= end[0]:
                first, last = start[1] if row == start[0] else 0, end[1] if row == end[0] else None
                joint = "\n" if each.joint is None else each.joint
                found += ("" if row == start[0] else joint) + _characters(each, first, last)
            row += 1
        number += 1
    return found


def _characters(row: Row, first: int, last: int | None) -> str:
    """Return the characters of a row from `first` up to `last`, without the prefix of a row that continues a text."""
    prefix, body = ("".join(piece.text for piece in pieces) for pieces in (row.prefix, row.body))
    return (prefix + body)[first if row.joint is None else max(first, len(prefix)) : last].rstrip(" ")
