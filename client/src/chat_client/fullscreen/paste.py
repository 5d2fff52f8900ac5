"""What is pasted: as a text that can be sent, and the question whether that many lines were meant."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from chat_client import display
from chat_client.language import _, ngettext

ASK_ABOVE_LINES = 10


def as_text(pasted: str) -> str:
    """Lines, whatever broke them and without the last break; what a terminal would obey is shown as in a message."""
    return "\n".join("\t".join(map(display.safe, line.split("\t"))) for line in pasted.splitlines())


def line_count(text: str) -> int:
    """How many lines a text has."""
    return text.count("\n") + 1


class PasteScreen(ModalScreen[bool]):
    """Asks whether many lines are to be one message: Enter or Escape."""

    DEFAULT_CSS = """
    PasteScreen { align: center middle; }
    PasteScreen Static { width: auto; max-width: 100%; padding: 1 2; border: round $primary; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "dismiss(True)", show=False),
        Binding("escape", "dismiss(False)", show=False),
    ]

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The question."""
        question = ngettext("Paste {count} line as one message?", "Paste {count} lines as one message?", self._lines)
        keys = _("Enter yes, Escape no")
        yield Static(f"{question.format(count=self._lines)} {keys}", markup=False)
