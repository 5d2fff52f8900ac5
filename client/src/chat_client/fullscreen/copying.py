"""The text that a person copies from a conversation: what was said, without the frame around it."""

from dataclasses import dataclass

from chat_client.display import TAB
from chat_client.fullscreen.conversation import Conversation
from chat_client.fullscreen.row import Pieces, Row

Place = tuple[int, int]  # a row, and a number of characters in it
ROW_END = 1 << 30


@dataclass(slots=True)
class _Copied:
    """The copied part of an item, or of a row with a date."""

    label: str = ""
    text: str = ""
    tabs: tuple[int, ...] = ()
    started: bool = False

    def add(self, row: Row, first: int, last: int) -> None:
        """Add the characters of a row's body from `first` up to `last`, below those of the row above."""
        joint, start = (row.joint or "") if self.started else "", max(first, 0)
        at = len(self.text) + len(joint) - start
        self.tabs += tuple(at + tab for tab in row.tabs if at + tab >= 0)
        self.started = True
        self.text += joint + _text(row.body)[start : max(last, 0)]

    def said(self) -> str:
        """Return the text with its tabs, and without spaces at the end of a line."""
        found = self.text
        for at in reversed(self.tabs):
            if found[at : at + len(TAB)] == TAB:
                found = f"{found[:at]}\t{found[at + len(TAB) :]}"
        return "\n".join(line.rstrip(" ") for line in found.split("\n"))


def copied_text(conversation: Conversation, start: Place, end: Place) -> str:
    """Return the text between two places.

    One text is copied as it was said. Several are copied with time and name before each, and with the dates between
    them. If only a part of a time or name is selected, it is copied.
    """
    number, last = conversation.locate(start[0])[0], conversation.locate(min(end[0], conversation.height - 1))[0]
    found = [part for each in range(number, last + 1) for part in _parts(conversation, each, start, end)]
    if not found and start[0] == end[0]:
        row, offset = conversation.locate(start[0])
        return _text(conversation.rows(row)[offset].prefix)[start[1] : end[1]].strip()
    if len(found) == 1:
        return found[0].said() or found[0].label
    return "\n".join(part.label + part.said() for part in found)


def _parts(conversation: Conversation, number: int, start: Place, end: Place) -> list[_Copied]:
    """Return what is copied of an item: its date if that stands above it, and its text."""
    found, text = [], None
    for y, row in enumerate(conversation.rows(number), conversation.row_of(number)):
        prefix = len(_text(row.prefix))
        first = start[1] - prefix if y == start[0] else -prefix
        last = end[1] - prefix if y == end[0] else ROW_END
        if not start[0] <= y <= end[0] or last <= 0:
            continue
        if row.joint is None and row.label:
            found.append(_Copied(row.label))
        for shown in row.hidden or (row,):
            if shown.joint is not None:
                text = text or _Copied(row.label if first <= 0 else "")
                text.add(shown, 0 if row.hidden else first, ROW_END if row.hidden else last)
    return [*found, text] if text and (text.label or text.text) else found


def _text(pieces: Pieces) -> str:
    return "".join(piece.text for piece in pieces)
