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
        app.push_screen(CommandPalette(placeholder=_("What would you like to do?"), id="--command-palette"))


def entries(app: "ChatApp", room: "RoomScreen | None") -> Iterable[SystemCommand]:
    """Yield the entries: those of the room, if it is on the screen, then those of the app."""
    if room:
        yield SystemCommand(_("Help"), _("What you can type and press"), room.commands.show_help)
        yield SystemCommand(_("My messages"), _("All you have said under this name"), room.commands.list_my_messages)
        yield SystemCommand(_("Members"), _("Show or hide who is here"), room.action_toggle_members)
    yield SystemCommand(_("Theme"), _("Choose other colours"), app.action_change_theme)
    yield SystemCommand(_("Leave"), _("Leave the chat, and free your name"), app.action_quit)
