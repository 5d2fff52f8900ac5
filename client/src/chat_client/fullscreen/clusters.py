"""Grapheme clusters: what a person sees as one character (UAX #29). Positions are numbers of code points in a line."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate


@lru_cache(maxsize=64)
def boundaries(line: str) -> Sequence[int]:
    """Return the positions before, between and after the clusters of a line."""
    if line.isascii():
        return range(len(line) + 1)
    from wcwidth import iter_graphemes  # loading it takes 25 ms, and the question for the name does not need it

    return [0, *accumulate(map(len, iter_graphemes(line)))]


def before(line: str, position: int) -> int:
    """Return the next boundary to the left of a position, or 0."""
    found = boundaries(line)
    return found[max(0, bisect_left(found, position) - 1)]


def after(line: str, position: int) -> int:
    """Return the next boundary to the right of a position, or the end of the line."""
    found = boundaries(line)
    return found[min(len(found) - 1, bisect_right(found, position))]


def at_or_after(line: str, position: int) -> int:
    """Return the position itself if it is a boundary, else the next one to the right."""
    found = boundaries(line)
    return found[min(len(found) - 1, bisect_left(found, position))]


def at_or_before(line: str, position: int) -> int:
    """Return the position itself if it is a boundary, else the next one to the left."""
    found = boundaries(line)
    return found[bisect_right(found, position) - 1]


def word_before(line: str, position: int) -> int:
    """Return where the word that ends before a position begins. What is no word between them counts to it."""
    while position and not _in_word(line, before(line, position)):
        position = before(line, position)
    while position and _in_word(line, before(line, position)):
        position = before(line, position)
    return position


def word_after(line: str, position: int) -> int:
    """Return where the word that begins after a position ends. What is no word between them counts to it."""
    while position < len(line) and not _in_word(line, position):
        position = after(line, position)
    while position < len(line) and _in_word(line, position):
        position = after(line, position)
    return position


def _in_word(line: str, position: int) -> bool:
    """Return whether the cluster that begins at a position is part of a word: its marks are, whatever they are."""
    return line[position].isalnum() or line[position] == "_"
