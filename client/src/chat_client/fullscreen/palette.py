"""The command palette, which Ctrl+P opens, and its entries."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.command import CommandPalette

from chat_client.language import _

if TYPE_CHECKING:
    from chat_client.fullscreen.app import ChatApp
    from chat_client.fullscreen.room_screen import RoomScreen


def open_palette(app: "ChatApp") -> None:
    """Open the palette unless it is open."""
    if not isinstance(app.screen, CommandPalette):
        app.push_screen(CommandPalette(placeholder=_("Search for a command"), id="--command-palette"))


def entries(app: "ChatApp", room: "RoomScreen | None") -> Iterable[SystemCommand]:
    """Yield the entries: those of the room, if it is on the screen, then those of the app."""
    if room:
        yield SystemCommand(_("Help"), _("Show the commands and keys"), room.commands.show_help)
        yield SystemCommand(
            _("My messages"), _("List every message you have sent under this name"), room.commands.list_my_messages
        )
        yield SystemCommand(_("Members"), _("Show or hide the members"), room.action_toggle_members)
    yield SystemCommand(_("Theme"), _("Choose a colour theme"), app.action_change_theme)
    yield SystemCommand(_("Leave"), _("Leave the chat and free your name"), app.action_quit)
