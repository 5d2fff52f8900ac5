"""The help: all commands and keys."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from chat_client import commands
from chat_client.keys import KEYS
from chat_client.language import _


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
    for typed, effect in [*commands.help_rows(), ("", ""), *((key, _(effect)) for key, effect in KEYS)]:
        table.add_row(Text(typed, "bold"), Text(effect))
    return table
