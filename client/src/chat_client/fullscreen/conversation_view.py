"""The base of the transcript: a widget that draws the rows of a conversation that are in view, and no others."""

import sys
from typing import ClassVar

from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from chat_client.fullscreen.conversation import Conversation
from chat_client.fullscreen.copying import copied_text
from chat_client.fullscreen.row import Look
from chat_client.fullscreen.strips import Strips, row_strip, selected_strip
from chat_client.preferences import Preferences


class ConversationView(ScrollView, can_focus=True):
    """A view of a conversation.

    While the bottom is in view, the view follows it. Otherwise the rows in view stay, whatever is added.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"transcript--{look.name.lower()}" for look in Look}
    DEFAULT_CSS = """
    ConversationView {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & > .transcript--dim { color: $text-muted; }
        & > .transcript--name { text-style: bold; }
        & > .transcript--action { text-style: italic; }
        & > .transcript--mention { background: $accent 20%; text-style: bold; }
        & > .transcript--new { color: $text-accent; text-style: bold; }
        & > .transcript--pending { color: $text-muted; }
        & > .transcript--refused { color: $text-error; }
    }
    """

    def __init__(self, conversation: Conversation, *, id: str | None = None) -> None:
        """Create a view that follows the bottom.

        Args:
            conversation: The conversation to draw.
            id: The widget's id in CSS.
        """
        super().__init__(id=id)
        self.auto_links = False  # they would repaint the whole view at each motion of the mouse
        self._conversation = conversation
        self._strips = Strips(self, conversation)
        self._following = True  # the bottom is in view
        # Rows of a selection count from this row of the conversation, so that they hold when older rows are added.
        self._origin = 0

    @property
    def own_name(self) -> str:
        """The name of the person who reads."""
        return self._conversation.layout.own_name

    @own_name.setter
    def own_name(self, name: str) -> None:
        self._conversation.lay_out(own_name=name)
        self._strips.clear_items()
        self.refresh()

    def prefer(self, preferences: Preferences) -> None:
        """Show the items as the person prefers."""
        number, offset = self._conversation.locate(self._top)
        self._conversation.prefer(preferences)
        self._strips.clear_items()
        self.show_from(self._conversation.row_of(number, offset))

    def view_changed(self) -> None:
        """React to a change of the rows in view."""

    def action_page_up(self) -> None:
        """Scroll a page up. One row stays in view: the first row may show a name instead of its text."""
        self.scroll_relative(y=1 - self.size.height, animate=False)

    def action_page_down(self) -> None:
        """Scroll a page down. One row stays in view, as when scrolling up."""
        self.scroll_relative(y=self.size.height - 1, animate=False)

    def action_scroll_home(self) -> None:
        """Scroll to the oldest row."""
        self.scroll_to(y=0, animate=False)

    def action_scroll_end(self) -> None:
        """Scroll to the newest row."""
        self.scroll_to(y=self.max_scroll_y, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the bottom from now on if it is in view."""
        super().watch_scroll_y(old_value, new_value)
        self._following = self._at_newest
        self.view_changed()

    def notify_style_update(self) -> None:
        """Draw in the colours of another theme."""
        super().notify_style_update()
        self._strips.clear_styles()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text, as it was written, and the characters that follow it."""
        start = (selection.start.y + self._origin, selection.start.x) if selection.start else (0, 0)
        last = self._conversation.height - 1
        end = (selection.end.y + self._origin, selection.end.x) if selection.end else (last, sys.maxsize)
        if start[0] > last:  # what was selected is gone
            return None
        text = copied_text(self._conversation, (max(0, start[0]), start[1]), end)
        return (text, "\n") if text else None

    def render_line(self, y: int) -> Strip:
        """Return a row of the view."""
        row = self._top + y
        if row >= self._conversation.height:
            return Strip.blank(self._width, self._strips.style(Look.PLAIN))
        number, offset = self._conversation.locate(row)
        if y:
            strip = self._strips.get(number, self._origin, self._width)[offset]
        else:
            first = self._conversation.named_row(number, offset)
            strip = row_strip(first, row - self._origin, self._width, self._strips.style)
        selected = self.text_selection.get_span(row - self._origin) if self.text_selection else None
        if selected is not None:
            style = Style(bgcolor=self.screen.get_component_rich_style("screen--selection").bgcolor)
            strip = selected_strip(strip, *selected, style).apply_offsets(0, row - self._origin)
        return strip

    def wrap_again(self) -> None:
        """Wrap all rows at the present width. The top stays in view, or the bottom if the view follows it."""
        number, offset = self._conversation.locate(self._top)
        self._conversation.lay_out(width=self._width)
        self._strips.clear_items()
        self.show_from(self._conversation.row_of(number, offset))

    def show_from(self, top: int) -> None:
        """Show the conversation as it is now, from a row on, or its end if the view follows it."""
        self._strips.clear_unsent()
        self.virtual_size = Size(self._width, self._conversation.height)
        self.scroll_to(y=self.max_scroll_y if self._following else top, animate=False, force=True)
        self._following = self._at_newest
        self.refresh()
        self.view_changed()

    @property
    def _width(self) -> int:
        """The width of a row in cells, without the scrollbar, which `size` includes."""
        return self.scrollable_content_region.width

    @property
    def _top(self) -> int:
        """The first row in view."""
        return round(self.scroll_y)

    @property
    def _at_newest(self) -> bool:
        """Whether the newest row of the room is in view."""
        return self._conversation.attached and self._top >= self.max_scroll_y

    @property
    def _last_in_view(self) -> int:
        """The number of the item or unsent post at the last row in view."""
        return self._conversation.locate(min(self._top + self.size.height, self._conversation.height) - 1)[0]
