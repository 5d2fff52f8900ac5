"""What is selected of a transcript: a word, or a message. Rows count from the transcript's own origin."""

import re
import sys

from textual.geometry import Offset
from textual.selection import Selection


def word_at(text: str, x: int, y: int) -> Selection | None:
    """The word of a row at character `x`; None between words."""
    for word in re.finditer(r"\S+", text):
        if word.start() <= x < word.end():
            return Selection(Offset(word.start(), y), Offset(word.end(), y))
    return None


def whole_rows(first: int, last: int) -> Selection:
    """All of some rows."""
    return Selection(Offset(0, first), Offset(sys.maxsize, last))
