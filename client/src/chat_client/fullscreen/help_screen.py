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
from chat_client.keys import Where, help_sections
from chat_client.language import _


class HelpScreen(ModalScreen[None]):
    """The commands and the keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings.at(Where.HELP)

    def compose(self) -> ComposeResult:
        """Lay out two columns that scroll."""
        box = VerticalScroll(Static(_table()), id="help")
        box.border_title = _("Help")
        box.border_subtitle = _("Esc closes")
        yield box


def _table() -> Table:
    table = Table.grid(padding=(0, 2))
    for title, lines in [(_("Commands"), commands.help_rows()), *help_sections()]:
        table.add_row(Text(title, "bold underline"))
        for typed, what in lines:
            table.add_row(Text(typed, "bold"), Text(what))
        table.add_row()
    return table
