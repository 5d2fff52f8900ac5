"""Messages found: by a search, or one's own."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from chat_client import display
from chat_client.events import MessageReceived
from chat_client.fullscreen.transcript_view import TranscriptView
from chat_client.language import _


class ResultsScreen(ModalScreen[None]):
    """A list of messages over the room, oldest first, that grows at either end as the archive answers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(
        self, title: str, words: str | None, more: Callable[[], None] | None, *, own_name: str, local_time: bool
    ) -> None:
        """`words` is what was searched for, None for one's own; `more` asks for what is older than the oldest shown."""
        super().__init__()
        self.words = words
        self._title = title
        self._more = more
        self._view = TranscriptView(beginning=_("nothing older"), local_time=local_time, id="results")
        self._view.own_name = own_name

    def compose(self) -> ComposeResult:
        """The list."""
        self._view.border_title = Content(display.safe(self._title))
        self._view.border_subtitle = _("asking the archive …")
        yield self._view

    def add(self, messages: Sequence[MessageReceived]) -> None:
        """Show more below."""
        self._view.add(messages)

    def add_older(self, messages: Sequence[MessageReceived], *, more: bool) -> None:
        """Show more above; `more` if there is still more."""
        self._view.add_older(messages, more)

    def complete(self, text: str) -> None:
        """Say what has been found."""
        self._view.border_subtitle = Content(f"{display.safe(text)} · " + _("Esc closes"))

    def on_transcript_view_reached_top(self, event: TranscriptView.ReachedTop) -> None:
        """Ask for what is older."""
        event.stop()
        if self._more:
            self._more()

    def action_page(self, direction: int) -> None:
        """Scroll, wherever the focus is."""
        if direction < 0:
            self._view.action_page_up()
        else:
            self._view.action_page_down()
