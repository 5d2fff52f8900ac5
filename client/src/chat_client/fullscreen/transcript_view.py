"""The widget that shows the room: only the rows in view are made, however much there is."""

import sys
from collections import deque
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from chat_client.events import MessageReceived, NotSent
from chat_client.fullscreen.conversation import Conversation, Item
from chat_client.fullscreen.rows import Look
from chat_client.fullscreen.selecting import whole_rows, word_at
from chat_client.fullscreen.strips import Strips, selected_strip


class TranscriptView(ScrollView, can_focus=True):
    """What was said and what happened, oldest first; what is pending comes last.

    If the bottom is in view it stays in view, whatever is added; else what is in view stays where it is.
    """

    ALLOW_SELECT = True
    FOCUS_ON_CLICK = False  # who clicks here goes on typing
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
        Binding("enter", "open_link", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"transcript--{look.name.lower()}" for look in Look}
    DEFAULT_CSS = """
    TranscriptView {
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

    class ReachedTop(Message):
        """The oldest of what is there is in view, or nearly. Posted once until `add_older` was called."""

    class LinkClicked(Message):
        """A link was clicked."""

        def __init__(self, url: str) -> None:
            super().__init__()
            self.url = url

    class BottomChanged(Message):
        """`new_below` is another number now."""

    def __init__(self, *, beginning: str, local_time: bool = False, id: str | None = None) -> None:
        """Times are shown in UTC, or as the clock on the wall shows them; `beginning` stands above all there is."""
        super().__init__(id=id)
        self._conversation = Conversation(local_time=local_time, beginning=beginning)
        self._strips = Strips(self, self._conversation)
        self._following = True  # the bottom is in view
        self._older_wanted = True
        self._older_failed = False
        self._unseen: deque[int] = deque()  # the numbers of messages that were never in view
        self._told_below = 0
        self._chosen: int | None = None  # the number of the message that was chosen by keys
        self._origin = 0  # the row from which rows are counted in a selection

    @property
    def own_name(self) -> str:
        """The name under which this person is in the room."""
        return self._conversation.layout.own_name

    @own_name.setter
    def own_name(self, name: str) -> None:
        self._conversation.lay_out(own_name=name)
        self._strips.clear()
        self.refresh()

    @property
    def pending(self) -> int:
        """How many posts may still come back."""
        return self._conversation.pending

    @property
    def refused(self) -> list[NotSent]:
        """The posts that were refused, and not taken away."""
        return self._conversation.refused

    @property
    def new_below(self) -> int:
        """How many messages were added below what is in view."""
        return len(self._unseen)

    def add(self, items: Sequence[Item]) -> None:
        """Show what was told, in one go. A message that is one of the pending posts takes its place."""
        start = self._conversation.end
        self._conversation.append(items)
        self._unseen.extend(number for number, item in enumerate(items, start) if isinstance(item, MessageReceived))
        self._show(self._top)

    def add_older(self, items: Sequence[MessageReceived], more: bool) -> None:
        """Show what was said before all that is there; if there is no `more`, also that it begins there.

        With none, and yet more, it could not be had: it is asked for again when the person goes up once more.
        """
        if more and not items:
            self._older_failed = True
            return
        height = self._conversation.height
        self._conversation.prepend(items, more=more)
        self._strips.clear()
        self._older_wanted = more
        added = self._conversation.height - height
        self._origin += added
        self._show(self._top + added)

    def post(self, sequence: int, text: str, at: int) -> None:
        """Show at the end what was posted, until it is told. `at` as in chat_wire.messages."""
        self._conversation.post(sequence, text, at)
        self._following = True
        self._show(self._top)

    def delay(self, sequence: int) -> None:
        """Show that a post takes long."""
        self._conversation.delay(sequence)
        self._show(self._top)

    def refuse(self, sequence: int, reason: str) -> None:
        """Show that a post is not in the room and why."""
        self._conversation.refuse(sequence, reason)
        self._show(self._top)

    def take_refused(self) -> str | None:
        """Take away the oldest post that was refused; returns its text, None if there is none."""
        text = self._conversation.take_refused()
        self._show(self._top)
        return text

    def mark_new(self) -> None:
        """What others say from now on is new: a line stands above the first of it. The line before goes."""
        line, height = self._conversation.new, self._conversation.height
        if line is None:
            self._conversation.mark_new()
            return
        row = self._conversation.row(line)
        self._conversation.mark_new()
        self._strips.clear()
        removed = self._conversation.height - height
        selection = self.text_selection
        if selection and selection.start and selection.start.y + self._origin > row:
            self._origin += removed
        self._show(self._top + removed if row < self._top else self._top)

    def action_page_up(self) -> None:
        """Scroll a page up."""
        self._want_older_again()
        self.scroll_relative(y=-self.size.height, animate=False)

    def action_page_down(self) -> None:
        """Scroll a page down."""
        self.scroll_relative(y=self.size.height, animate=False)

    def action_scroll_home(self) -> None:
        """Scroll to the oldest of what is there."""
        self.scroll_to(y=0, animate=False)

    def action_scroll_end(self) -> None:
        """Scroll to the end."""
        self.scroll_to(y=self.max_scroll_y, animate=False)

    def on_focus(self) -> None:
        """Choose the last message in view."""
        self.action_choose(0)

    def on_blur(self) -> None:
        """Choose none; but while the terminal is not looked at, the choice stays."""
        if not self.app.app_focus:
            return
        self._chosen = None
        self.screen.clear_selection()

    def action_choose(self, step: int) -> None:
        """Choose the message before or after the one that is chosen: it is selected, and brought into view."""
        if self._conversation.first == self._conversation.end:
            return
        if self._chosen is None:
            self._chosen = self._conversation.place(min(self._top + self.size.height, self._conversation.height) - 1)[0]
        self._chosen = max(self._conversation.first, min(self._chosen + step, self._conversation.end - 1))
        first = self._conversation.row(self._chosen)
        last = first + len(self._conversation.rows(self._chosen)) - 1
        self.screen.selections = {self: whole_rows(first - self._origin, last - self._origin)}
        self.scroll_to(y=min(first, max(self._top, last - self.size.height + 1)), animate=False)

    def action_open_link(self) -> None:
        """Tell of the first link of the message that is chosen, as if it had been clicked."""
        shown = self._conversation.rows(self._chosen) if self._chosen is not None else []
        for piece in (piece for row in shown for piece in row.body if piece.url):
            self.post_message(self.LinkClicked(piece.url))
            return

    def on_resize(self) -> None:
        """Wrap all anew; what was at the top stays there, or what was at the bottom, or what is chosen is in view."""
        number, offset = self._conversation.place(self._top)
        self._conversation.lay_out(width=self._width)
        self._strips.clear()
        self._show(self._conversation.row(number, offset))
        if self._chosen is not None:
            self.action_choose(0)
        elif self.text_selection:
            self.screen.clear_selection()  # its rows are others now

    def on_click(self, event: events.Click) -> None:
        """Tell of a click on a link, unless it ended the selection of text; a double click selects a word."""
        url = event.style.meta.get("url")
        if event.chain > 1:
            event.prevent_default()  # which is to select all there is
            self._select_word(event.screen_x, event.screen_y)
        elif url and not self.text_selection:
            self.post_message(self.LinkClicked(url))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """See what is in view now."""
        super().watch_scroll_y(old_value, new_value)
        self._following = round(new_value) >= self.max_scroll_y
        if new_value < old_value:
            self._want_older_again()
        self._look()

    def notify_style_update(self) -> None:
        """Take over other colours."""
        super().notify_style_update()
        self._strips.clear_styles()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that is selected, as it was said."""
        start = (selection.start.y + self._origin, selection.start.x) if selection.start else (0, 0)
        last = self._conversation.height - 1
        end = (selection.end.y + self._origin, selection.end.x) if selection.end else (last, sys.maxsize)
        return self._conversation.text((max(0, start[0]), start[1]), end), "\n"

    def render_line(self, y: int) -> Strip:
        """One row of what is in view."""
        row = self._top + y
        if row >= self._conversation.height:
            return Strip.blank(self._width, self._strips.style(Look.PLAIN))
        number, offset = self._conversation.place(row)
        strip = self._strips.of(number, self._origin, self._width)[offset]
        selected = self.text_selection.get_span(row - self._origin) if self.text_selection else None
        if selected is not None:
            chosen = Style(bgcolor=self.screen.get_component_rich_style("screen--selection").bgcolor)
            strip = selected_strip(strip, *selected, chosen).apply_offsets(0, row - self._origin)
        return strip

    @property
    def _width(self) -> int:
        """Cells that a row has: `size` has those below the scrollbar, too."""
        return self.scrollable_content_region.width

    @property
    def _top(self) -> int:
        """The first row in view."""
        return round(self.scroll_y)

    def _select_word(self, screen_x: int, screen_y: int) -> None:
        _widget, at = self.screen.get_widget_and_offset_at(screen_x, screen_y)
        if at and (word := word_at(self.render_line(at.y + self._origin - self._top).text, at.x, at.y)):
            self.screen.selections = {self: word}

    def _show(self, top: int) -> None:
        """Show all that there is now, from a row on, or its end if that was in view."""
        self._strips.clear_posts()
        self.virtual_size = Size(self._width, self._conversation.height)
        self.scroll_to(y=self.max_scroll_y if self._following else top, animate=False, force=True)
        self.refresh()
        self._look()

    def _look(self) -> None:
        """Tell of what is in view that was not, and that the top is."""
        height = self.size.height
        if not height or not self._conversation.height:
            return
        last = self._conversation.place(min(self._top + height, self._conversation.height) - 1)[0]
        while self._unseen and self._unseen[0] <= last:
            self._unseen.popleft()
        if self.new_below != self._told_below:
            self._told_below = self.new_below
            self.post_message(self.BottomChanged())
        if self._older_wanted and self._top < height:
            self._older_wanted = False
            self.post_message(self.ReachedTop())

    def _want_older_again(self) -> None:
        """The person goes up: what could not be had may be asked for once more."""
        if self._older_failed:
            self._older_failed, self._older_wanted = False, True
            self._look()
