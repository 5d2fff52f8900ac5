"""A text area in which the cursor never stands inside of a grapheme cluster. Textual's own goes by code points."""

from rich.style import StyleType
from rich.text import Text
from textual.geometry import Offset
from textual.widgets import TextArea
from textual.widgets.text_area import Location

from chat_client.fullscreen import clusters


class ClusterArea(TextArea, inherit_bindings=False):
    """A text area that moves, deletes and shows its cursor by clusters, and moves by words as readline does."""

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """Scroll to the cursor. In the middle of an undo, it can be on a line that is no more: then it moves soon."""
        if self.cursor_location[0] >= self.document.line_count:
            return Offset()
        return super().scroll_cursor_visible(center, animate)

    def clamp_visitable(self, location: Location) -> Location:
        """Return the nearest location for the cursor. Typing must not move it to the left, so this never does."""
        row, column = super().clamp_visitable(location)
        return row, clusters.at_or_after(self.document[row], column)

    def get_cursor_left_location(self) -> Location:
        """Return where the cursor is after a move to the left."""
        row, column = self.cursor_location
        if not column:
            return super().get_cursor_left_location()
        return row, clusters.before(self.document[row], column)

    def get_cursor_right_location(self) -> Location:
        """Return where the cursor is after a move to the right."""
        row, column = self.cursor_location
        line = self.document[row]
        if column >= len(line):
            return super().get_cursor_right_location()
        return row, clusters.after(line, column)

    def get_cursor_up_location(self) -> Location:
        """Return where the cursor is after a move up: in a folded line, to the right may be the row that it leaves."""
        row, column = super().get_cursor_up_location()
        return row, clusters.at_or_before(self.document[row], column)

    def get_cursor_word_left_location(self) -> Location:
        """Return where the cursor is after a move to the left by a word."""
        row, column = self.cursor_location
        if not column:
            return super().get_cursor_left_location()
        return row, clusters.word_before(self.document[row], column)

    def get_cursor_word_right_location(self) -> Location:
        """Return where the cursor is after a move to the right by a word."""
        row, column = self.cursor_location
        line = self.document[row]
        if column >= len(line):
            return super().get_cursor_right_location()
        return row, clusters.word_after(line, column)

    def action_delete_word_right(self) -> None:
        """Delete to the end of the next word, or the selection."""
        start, end = self.selection
        self.delete(start, self.get_cursor_word_right_location() if start == end else end)

    def get_cursor_line_start_location(self, *_smart_home: bool, **_also: bool) -> Location:
        """Return the beginning of the line, which may have several rows on the screen."""
        return self.cursor_location[0], 0

    def get_cursor_line_end_location(self) -> Location:
        """Return the end of the line, which may have several rows on the screen."""
        row = self.cursor_location[0]
        return row, len(self.document[row])

    def get_line(self, line_index: int) -> Text:
        """Return a line, on which a style never splits a cluster: the terminal would show its parts."""
        return _ClusterText(self.document.get_line(line_index), end="", no_wrap=True)


class _ClusterText(Text):
    def stylize(self, style: StyleType, start: int = 0, end: int | None = None) -> None:
        line = self.plain
        super().stylize(style, start, end if end is None or end >= len(line) else clusters.at_or_after(line, end))
