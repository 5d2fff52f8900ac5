"""The screen of results: the messages that a search found, or a person's own."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen

from chat_client import display
from chat_client.events import MessageReceived
from chat_client.fullscreen import bindings
from chat_client.fullscreen.transcript_view import TranscriptView
from chat_client.keys import Where
from chat_client.language import _
from chat_client.preferences import Preferences


class ResultsScreen(ModalScreen[MessageReceived | None]):
    """A list of messages over the room, oldest first, that grows at either end as the archive answers."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.at(Where.RESULTS)

    def __init__(
        self,
        title: str,
        words: str | None,
        more: Callable[[], None] | None,
        preferences: Preferences,
        *,
        own_name: str,
    ) -> None:
        """Create an empty list.

        Args:
            title: The title of the list.
            words: The words searched for; None for a person's own messages.
            more: Requests messages older than the oldest one shown.
            preferences: The preferences of the person.
            own_name: The name of this person.
        """
        super().__init__()
        self.words = words
        self._title = title
        self._more = more
        self._view = TranscriptView(beginning=_("no older messages"), id="results")
        self._view.own_name = own_name
        self._preferences = preferences

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        self._view.border_title = Content(display.safe(self._title))
        self._view.border_subtitle = _("asking the archive …")
        yield self._view

    def on_mount(self) -> None:
        """Show the messages as the person prefers."""
        self._view.prefer(self._preferences)

    def add(self, messages: Sequence[MessageReceived]) -> None:
        """Show newer messages below."""
        self._view.add(messages)

    def add_older(self, messages: Sequence[MessageReceived], *, more: bool) -> None:
        """Show older messages above. `more` says whether there are still older ones."""
        self._view.add_older(messages, more)

    def complete(self, text: str) -> None:
        """Show that the answer is complete, and choose its newest message."""
        if self._view.has_focus and self._view.chosen is None:
            self._view.action_choose(0)
        keys = _("Enter goes there, Esc closes") if self._view.chosen else _("Esc closes")
        self._view.border_subtitle = Content(f"{display.safe(text)} · {keys}")

    def on_transcript_view_reached_top(self, event: TranscriptView.ReachedTop) -> None:
        """Request older messages."""
        event.stop()
        if self._more:
            self._more()

    def action_go_to_chosen(self) -> None:
        """Close the list, and go to the chosen message in the room."""
        if self._view.chosen:
            self.dismiss(self._view.chosen)

    def action_page(self, direction: int) -> None:
        """Scroll by a page, wherever the focus is: up for -1, down for 1."""
        if direction < 0:
            self._view.action_page_up()
        else:
            self._view.action_page_down()
