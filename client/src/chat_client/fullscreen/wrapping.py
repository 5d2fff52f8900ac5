"""Texts in cells of a terminal: cut, padded, and broken into rows by words."""

from bisect import bisect_right
from itertools import accumulate

from rich.cells import cell_len, set_cell_size, split_graphemes

from chat_client.display import safe

ELLIPSIS = "…"


def safe_lines(text: str) -> list[str]:
    """The lines of a text, safe to show, without spaces at their ends."""
    return [safe(line).rstrip(" ") for line in text.replace("\r\n", "\n").split("\n")]


def wrap(line: str, width: int) -> list[tuple[int, int]]:
    """Where the rows of a line begin and end: at most `width` cells each, which is 2 at least.

    One space is left out where a row ends between two words; a word that is longer than a row is cut.
    """
    return _wrap_characters(line, width) if _narrow(line) else _wrap_cells(line, width)


def rows_needed(text: str, width: int) -> int:
    """How many rows a text takes, safe and wrapped; for most texts without wrapping them."""
    if "\n" in text or "\t" in text or not _narrow(text):
        return sum(len(wrap(line, width)) for line in safe_lines(text))
    return 1 if len(text) <= width else len(_wrap_characters(text.rstrip(" "), width))


def cropped(text: str, width: int) -> str:
    """A text of one line, with an ellipsis at its end if it needs more cells than `width`."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + ELLIPSIS


def right_aligned(text: str, width: int) -> str:
    """A text of one line in exactly `width` cells."""
    shown = cropped(text, width)
    return " " * (width - cell_len(shown)) + shown


def _narrow(text: str) -> bool:
    """Does surely each character take one cell, once the text is safe? The soft hyphen is left to the tables."""
    return text.isascii() or (max(text) < "\u0300" and "\u00ad" not in text)


def _wrap_characters(line: str, width: int) -> list[tuple[int, int]]:
    spans, start = [], 0
    while len(line) - start > width:
        space = line.rfind(" ", start + 1, start + width + 1)
        spans.append((start, start + width if space < 0 else space))
        start = start + width if space < 0 else space + 1
    return [*spans, (start, len(line))]


def _wrap_cells(line: str, width: int) -> list[tuple[int, int]]:
    graphemes, total = split_graphemes(line)
    starts = [*(start for start, _end, _size in graphemes), len(line)]
    cells = list(accumulate((size for _start, _end, size in graphemes), initial=0))
    spans, first = [], 0
    while total - cells[first] > width:
        last = max(first + 1, bisect_right(cells, cells[first] + width) - 1)
        space = next((at for at in range(last, first, -1) if line[starts[at] : starts[at + 1]] == " "), None)
        end = last if space is None else space
        spans.append((starts[first], starts[end]))
        first = end if space is None else space + 1
    return [*spans, (starts[first], len(line))]
