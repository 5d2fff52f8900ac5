"""What can be typed and pressed."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from chat_client import commands
from chat_client.language import _, marked

KEYS = (
    ("Enter", marked("send")),
    ("Ctrl+J", marked("a new line in the message")),
    ("Tab", marked("complete a name or a command")),
    ("↑ ↓", marked("what you typed before")),
    ("PgUp PgDn", marked("read what was said earlier, to the first message ever")),
    ("F1", marked("this help")),
    ("F2 F3", marked("send again, or drop, a message that was refused")),
    ("F4", marked("show or hide who is here")),
    ("F6", marked("choose a message with ↑ ↓: Ctrl+C copies it, Enter opens its link")),
    ("Ctrl+P", marked("all commands, and themes")),
    ("Ctrl+Q", marked("leave, and free your name; once more leaves at once and keeps it")),
)


class HelpScreen(ModalScreen[None]):
    """The commands, from their registry, and the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q", "dismiss", show=False)]

    def compose(self) -> ComposeResult:
        """Two columns to scroll through."""
        box = VerticalScroll(Static(_table()), id="help")
        box.border_title = _("Help")
        box.border_subtitle = _("Esc closes")
        yield box


def _table() -> Table:
    table = Table.grid(padding=(0, 2))
    for typed, what in [*commands.help_rows(), ("", ""), *((key, _(what)) for key, what in KEYS)]:
        table.add_row(Text(typed, "bold"), Text(what))
    return table
