"""Selections of a word or of whole rows."""

import re
import sys

from textual.geometry import Offset
from textual.selection import Selection


def word_at(text: str, x: int, y: int) -> Selection | None:
    """Return the word at the character `x` of the row `y` with this text, or None between words."""
    for word in re.finditer(r"\S+", text):
        if word.start() <= x < word.end():
            return Selection(Offset(word.start(), y), Offset(word.end(), y))
    return None


def whole_rows(first: int, last: int) -> Selection:
    """Return the rows from `first` to `last`, both included."""
    return Selection(Offset(0, first), Offset(sys.maxsize, last))
