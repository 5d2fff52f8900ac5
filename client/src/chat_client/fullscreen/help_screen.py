"""The help screen."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from chat_client import commands
from chat_client.fullscreen import bindings
from chat_client.keys import KEYS
from chat_client.language import _


class HelpScreen(ModalScreen[None]):
    """The commands and the keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.HELP

    def compose(self) -> ComposeResult:
        """Lay out two columns that scroll."""
        box = VerticalScroll(Static(_table()), id="help")
        box.border_title = _("Help")
        box.border_subtitle = _("Esc closes")
        yield box


def _table() -> Table:
    table = Table.grid(padding=(0, 2))
    for typed, what in [*commands.help_rows(), ("", ""), *((key, _(what)) for key, what in KEYS)]:
        table.add_row(Text(typed, "bold"), Text(what))
    return table
