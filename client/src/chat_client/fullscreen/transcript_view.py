"""The widget of the transcript: messages are added at both ends, chosen, and opened."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from chat_client.events import MessageReceived, NotSent
from chat_client.fullscreen import bindings
from chat_client.fullscreen.conversation import Conversation
from chat_client.fullscreen.conversation_view import ConversationView
from chat_client.fullscreen.items import Item
from chat_client.fullscreen.selection import whole_rows, word_at
from chat_client.fullscreen.unseen import Unseen
from chat_client.keys import Where
from chat_client.preferences import Preferences


class Fetch(Enum):
    """The state of the messages beyond one end of those shown."""

    WANTED = auto()  # requested when that end is in view
    REQUESTED = auto()
    FAILED = auto()  # wanted again when the person scrolls there once more
    ABSENT = auto()


class TranscriptView(ConversationView):
    """The received messages and events, oldest first, and below them the unsent posts."""

    FOCUS_ON_CLICK = False  # after a click here a person continues to type
    BINDINGS: ClassVar[list[BindingType]] = bindings.at(Where.TRANSCRIPT)

    class ReachedTop(Message):
        """The oldest message is in view, or nearly. Posted once until `add_older` is called."""

    class LinkClicked(Message):
        """A person clicked a link, or opened it by key."""

        def __init__(self, url: str) -> None:
            """Create the message.

            Args:
                url: The target of the link.
            """
            super().__init__()
            self.url = url

    class NewBelowChanged(Message):
        """The number `new_below` has changed."""

    def __init__(self, *, beginning: str, id: str | None = None) -> None:
        """Create an empty transcript.

        Args:
            beginning: The text above the very first message.
            id: The widget's id in CSS.
        """
        super().__init__(Conversation(beginning=beginning), id=id)
        self._older = Fetch.WANTED
        self._unseen = Unseen(self._conversation.shows)
        self._reported_below = 0
        self._chosen: int | None = None  # the number of the message that the person chose by key

    @property
    def chosen(self) -> MessageReceived | None:
        """The message that the person chose by key."""
        item = None if self._chosen is None else self._conversation.item(self._chosen)
        return item if isinstance(item, MessageReceived) else None

    @property
    def pending(self) -> int:
        """How many posts may still come back."""
        return self._conversation.pending

    def shows(self, item: Item) -> bool:
        """Return whether an item is a message that is not hidden."""
        return self._conversation.shows(item)

    @property
    def refused(self) -> list[NotSent]:
        """The refused posts, oldest first."""
        return self._conversation.refused

    @property
    def new_below(self) -> int:
        """How many messages below the view were never in view."""
        return self._unseen.count

    def add(self, items: Sequence[Item]) -> None:
        """Add newer items. A message that carries the sequence of an unsent post replaces that post."""
        start = self._conversation.end
        self._conversation.append(items)
        self._unseen.add(items, start)
        self.show_from(self._top)

    def add_older(self, items: Sequence[MessageReceived], more: bool) -> None:
        """Add older messages.

        Args:
            items: The messages, oldest first. An empty list together with `more` means that the request failed.
            more: Whether there are still older ones. Otherwise the room begins with these.
        """
        if more and not items:
            self._older = Fetch.FAILED
            return
        height = self._conversation.height
        self.prepend(items, more)
        self._strips.clear_items()
        self._older = Fetch.WANTED if more else Fetch.ABSENT
        added = self._conversation.height - height
        self._origin += added
        self.show_from(self._top + added)

    def prepend(self, items: Sequence[MessageReceived], more: bool) -> None:
        """Put older messages into the conversation."""
        self._conversation.prepend(items, more=more)

    def post(self, sequence: int, text: str, at: int) -> None:
        """Add an unsent post and scroll to it; `at` is the time in microseconds since 1970-01-01 UTC."""
        self._conversation.post(sequence, text, at)
        self._following = True
        self.show_from(self._top)

    def delay(self, sequence: int) -> None:
        """Mark an unsent post as delayed."""
        self._conversation.delay(sequence)
        self.show_from(self._top)

    def refuse(self, sequence: int, reason: str) -> None:
        """Mark an unsent post as refused."""
        self._conversation.refuse(sequence, reason)
        self.show_from(self._top)

    def pop_refused(self) -> str | None:
        """Remove the oldest refused post and return its text, or None if no post is refused."""
        text = self._conversation.pop_refused()
        self.show_from(self._top)
        return text

    def mark_new(self) -> None:
        """Put a divider above the next message of another person, instead of where it is now."""
        divided, height = self._conversation.new, self._conversation.height
        row = 0 if divided is None else self._conversation.row_of(divided)
        self._conversation.mark_new()
        if divided is None:
            return
        self._strips.clear_items()
        removed = self._conversation.height - height
        selection = self.text_selection
        if selection and selection.start and selection.start.y + self._origin > row:
            self._origin += removed
        self.show_from(self._top + removed if row < self._top else self._top)

    def action_page_up(self) -> None:
        """Scroll a page up."""
        self._retry_older()
        super().action_page_up()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Request older messages again if the last request failed and the person scrolls up."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value:
            self._retry_older()

    def on_resize(self) -> None:
        """Wrap all rows again and keep the chosen message in view. Another selection goes: its rows have changed."""
        self.wrap_again()
        self._select_again()

    def prefer(self, preferences: Preferences) -> None:
        """Show the items as the person prefers, and keep the chosen message as on_resize does."""
        super().prefer(preferences)
        self._select_again()

    def _select_again(self) -> None:
        if self._chosen is not None:
            self.action_choose(0)
        elif self.text_selection:
            self.screen.clear_selection()

    def on_focus(self) -> None:
        """Choose the last message in view."""
        self.action_choose(0)

    def on_blur(self) -> None:
        """Choose no message, unless the whole terminal lost the focus."""
        if not self.app.app_focus:
            return
        self._chosen = None
        self.screen.clear_selection()

    def on_click(self, event: events.Click) -> None:
        """Report a click on a link, unless it ended a selection; select a word on a double click."""
        url = event.style.meta.get("url")
        if event.chain > 1:
            event.prevent_default()  # Textual would select the whole transcript
            self._select_word(event.screen_x, event.screen_y)
        elif url and not self.text_selection:
            self.post_message(self.LinkClicked(url))
        elif not self.text_selection:
            self._open_at(event.style.meta.get("offset"))

    def action_choose(self, step: int) -> None:
        """Choose the message before (-1) or after (1) the chosen one: select it and scroll to it."""
        if self._conversation.first == self._conversation.end:
            return
        if self._chosen is None:
            self._chosen = self._last_in_view
        number = max(self._conversation.first, min(self._chosen + step, self._conversation.end - 1))
        shown = self._conversation.shown_from(number, step or -1)
        if shown is None:
            return
        self._chosen = shown
        rows = self._conversation.rows(self._chosen)
        start = self._conversation.row_of(self._chosen)
        first = start + next((at for at, row in enumerate(rows) if not row.is_divider), 0)
        last = start + len(rows) - 1
        self.screen.selections = {self: whole_rows(first - self._origin, last - self._origin)}
        top = first - self._conversation.layout.narrow  # the first row in view shows a name
        self.scroll_to(y=min(top, max(self._top, last - self.size.height + 1)), animate=False)

    def action_open_link(self) -> None:
        """Report the first link of the chosen message as clicked."""
        rows = self._conversation.rows(self._chosen) if self._chosen is not None else []
        url = next((piece.url for row in rows for piece in row.body if piece.url), None)
        if url:
            self.post_message(self.LinkClicked(url))

    def action_toggle_fold(self) -> None:
        """Open the chosen message if it is folded, or fold it again."""
        if self._chosen is not None and self._conversation.toggle_fold(self._chosen):
            self._show_toggled()
            self.action_choose(0)

    def view_changed(self) -> None:
        """Report how many messages are below the view, and whether the top is in view."""
        height = self.size.height
        if not height or self._conversation.empty:
            return
        if self._conversation.height:
            self.see(self._last_in_view)
        if self.new_below != self._reported_below:
            self._reported_below = self.new_below
            self.post_message(self.NewBelowChanged())
        if self._older is Fetch.WANTED and self._top < height:
            self._older = Fetch.REQUESTED
            self.post_message(self.ReachedTop())

    def see(self, last: int) -> None:
        """Note that all items up to a number were in view."""
        self._unseen.see(last)

    def _retry_older(self) -> None:
        if self._older is Fetch.FAILED:
            self._older = Fetch.WANTED
            self.view_changed()

    def _open_at(self, place: tuple[int, int] | None) -> None:
        """Open the folded message whose last row was clicked; None if no row was."""
        if place:
            number, offset = self._conversation.locate(place[1] + self._origin)
            if self._conversation.rows(number)[offset].hidden and self._conversation.toggle_fold(number):
                self._show_toggled()

    def _show_toggled(self) -> None:
        """Show the rows of a message that was opened or folded. Its first rows stay where they are."""
        self._strips.clear_items()
        self._following = False
        self.show_from(self._top)

    def _select_word(self, screen_x: int, screen_y: int) -> None:
        _widget, at = self.screen.get_widget_and_offset_at(screen_x, screen_y)
        if at and (word := word_at(self.render_line(at.y + self._origin - self._top).text, at.x, at.y)):
            self.screen.selections = {self: word}
