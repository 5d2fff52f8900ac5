"""Texts that are cut, padded, and wrapped at words, by the cells of a terminal."""

from bisect import bisect_right
from itertools import accumulate

from rich.cells import cell_len, set_cell_size, split_graphemes

from chat_client.display import safe

ELLIPSIS = "…"


def lines(text: str) -> list[str]:
    """Return the lines of a text."""
    return text.replace("\r\n", "\n").split("\n")


def safe_lines(text: str) -> list[str]:
    """Return the lines of a text, safe to show, without trailing spaces."""
    return [safe(line).rstrip(" ") for line in lines(text)]


def wrap(line: str, width: int) -> list[tuple[int, int]]:
    """Return the start and end of each row of a line; a row has at most `width` cells, which is at least 2.

    A row that ends between two words omits the space there; a word longer than a row is cut.
    """
    return _wrap_characters(line, width) if _one_cell_each(line) else _wrap_cells(line, width)


def rows_needed(text: str, width: int) -> int:
    """Return the number of rows of a text, safe and wrapped. Most texts need not be wrapped to know it."""
    if "\n" in text or "\t" in text or not _one_cell_each(text):
        return sum(len(wrap(line, width)) for line in safe_lines(text))
    return 1 if len(text) <= width else len(_wrap_characters(text.rstrip(" "), width))


def cropped(text: str, width: int) -> str:
    """Return a text of one line, cut and with an ellipsis if it needs more cells than `width`."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + ELLIPSIS


def right_aligned(text: str, width: int) -> str:
    """Return a text of one line in exactly `width` cells."""
    shown = cropped(text, width)
    return " " * (width - cell_len(shown)) + shown


def _one_cell_each(text: str) -> bool:
    """Return whether each character surely takes one cell once the text is safe.

    Below U+0300 each character does, except the soft hyphen, which takes none.
    """
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
