"""Rows as Textual shows them."""

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_client.fullscreen.rows import Look, Piece, Row


def row_strip(row: Row, y: int, width: int, style: Callable[[Look, str], Style]) -> Strip:
    """A row in `width` cells, with the styles of looks and names.

    Each piece has its place in the text as Strip.apply_offsets would note it, but at a fraction of the time.
    """
    pieces = (*row.prefix, *row.body)
    space = width - sum(cell_len(piece.text) for piece in pieces)
    segments, x = [], 0
    for piece in (*pieces, Piece(" " * space, Look.PLAIN)):
        segments.append(Segment(piece.text, style(piece.look, piece.name) + _place(x, y, piece.url)))
        x += len(piece.text)
    return Strip(segments, width - min(0, space)).crop(0, width)


def selected_strip(strip: Strip, first: int, last: int, style: Style) -> Strip:
    """A strip with its characters from `first` up to `last`, which is -1 for the end, in another style."""
    text = strip.text
    start = cell_len(text[:first])
    end = strip.cell_length if last == -1 else cell_len(text[:last])
    before, within, after = (strip.crop(*cut) for cut in ((0, start), (start, end), (end, strip.cell_length)))
    marked = Strip([Segment(part.text, (part.style or Style()) + style) for part in within])
    return Strip.join([before, marked, after])


def _place(x: int, y: int, url: str) -> Style:
    if not url:
        return Style(meta={"offset": (x, y)})
    return Style(meta={"offset": (x, y), "url": url}, underline=True)
