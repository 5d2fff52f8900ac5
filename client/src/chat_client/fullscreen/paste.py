"""Pasted text, and the question whether many lines are to be one message."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Key, Paste
from textual.screen import ModalScreen
from textual.widgets import Static

from chat_client import display
from chat_client.fullscreen import bindings
from chat_client.fullscreen.key_handling import run_own_binding
from chat_client.keys import Where
from chat_client.language import _, ngettext

ASK_ABOVE_LINES = 10


def as_text(pasted: str) -> str:
    """Return a pasted text with line feeds only, without the last one, and with control characters made visible."""
    return "\n".join("\t".join(map(display.safe, line.split("\t"))) for line in pasted.splitlines())


class PasteScreen(ModalScreen[bool]):
    """Asks whether many lines are to be one message: Enter or Escape."""

    DEFAULT_CSS = """
    PasteScreen { align: center middle; }
    PasteScreen Static { width: auto; max-width: 100%; padding: 1 2; border: round $primary; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings.at(Where.PASTE)

    def __init__(
        self, lines: int, take: Callable[[Key | Paste], None], closed: Callable[["PasteScreen"], object]
    ) -> None:
        """Create the question.

        Args:
            lines: The number of lines that the person pasted.
            take: Takes what the person types and pastes before the answer.
            closed: Called when the question is no longer on the screen, answered or not.
        """
        super().__init__()
        self._lines = lines
        self._tell_typed = take
        self._tell_closed = closed

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        question = ngettext("Paste {count} line as one message?", "Paste {count} lines as one message?", self._lines)
        keys = _("Enter: yes, Esc: no")
        yield Static(f"{question.format(count=self._lines)} {keys}", markup=False)

    async def _on_key(self, event: Key) -> None:
        """Answer, or hold the key for the composer."""
        if not await run_own_binding(self, event):
            event.stop()
            self._tell_typed(event)

    def _on_paste(self, event: Paste) -> None:
        """Hold a further paste for the composer."""
        event.stop()
        self._tell_typed(event)

    def on_unmount(self) -> None:
        """Say that the question is gone."""
        self._tell_closed(self)
