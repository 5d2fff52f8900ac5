"""Rows as Textual shows them."""

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip
from textual.widget import Widget

from chat_client.fullscreen.colours import colour
from chat_client.fullscreen.conversation import Conversation
from chat_client.fullscreen.rows import Look, Piece, Row

REMEMBERED = 256


class Strips:
    """The rows of a conversation as a widget shows them, remembered until they are cleared."""

    def __init__(self, widget: Widget, conversation: Conversation) -> None:
        """The widget has a component class for each look."""
        self._widget = widget
        self._conversation = conversation
        self._items: LRUCache[int, list[Strip]] = LRUCache(REMEMBERED)
        self._posts: dict[int, list[Strip]] = {}
        self._styles: dict[tuple[Look, str], Style] = {}

    def of(self, number: int, origin: int, width: int) -> list[Strip]:
        """What has a number, in `width` cells; places in it are told by rows from the row `origin` on."""
        remembered = self._posts if number >= self._conversation.end else self._items
        strips = remembered.get(number)
        if strips is None:
            first = self._conversation.row(number) - origin
            shown = enumerate(self._conversation.rows(number), first)
            strips = remembered[number] = [row_strip(row, y, width, self.style) for y, row in shown]
        return strips

    def style(self, look: Look, name: str = "") -> Style:
        """The style of a look, in the colour of a name."""
        style = self._styles.get((look, name))
        if style is None:
            style = self._widget.get_component_rich_style(f"transcript--{look.name.lower()}")
            if name:
                style += Style(color=colour(name, dark=self._widget.app.current_theme.dark))
            self._styles[look, name] = style
        return style

    def clear(self) -> None:
        """The rows are others now; those of posts are cleared by themselves."""
        self._items.clear()

    def clear_posts(self) -> None:
        """The rows of posts are others now."""
        self._posts.clear()

    def clear_styles(self) -> None:
        """The colours are others now."""
        self._styles.clear()
        self._items.clear()


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
