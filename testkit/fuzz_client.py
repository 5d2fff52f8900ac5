"""The full-screen client that `testkit.fuzz_terminal` sends random input to.

It has the real driver, and a session that returns each post. It cannot be left: chance finds Ctrl+Q. F12 closes what is
open above the room and empties the input.
"""

import faulthandler
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from chat_client import events
from chat_client.fullscreen import app
from chat_client.fullscreen.composer import Composer
from chat_client.fullscreen.room_screen import RoomScreen
from chat_client.preferences_file import PreferenceStore
from chat_client.settings import ClientSettings
from testkit.at_terminal import RecordingSession
from testkit.fake_session import message


class ReturningSession(RecordingSession):
    """A session whose posts come back at once."""

    def post(self, text: str) -> int:
        """Return a post as a message of the room."""
        sequence = super().post(text)
        self.emit(message(text, "alice", sequence=sequence))
        return sequence


class FuzzApp(app.ChatApp):
    """The client without a way out."""

    CSS_PATH = str(Path(app.__file__).with_name("chat.tcss"))  # otherwise it belongs beside this file
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f12", "reset", priority=True)]

    def action_reset(self) -> None:
        """Close what is open above the room, and empty the input."""
        while any(isinstance(each, RoomScreen) for each in self.screen_stack[:-1]):
            self.screen.dismiss()
        for composer in self.screen.query(Composer):
            composer.text = ""
            self.screen.set_focus(composer)

    async def action_quit(self) -> None:
        """Stay."""

    def action_suspend_process(self) -> None:
        """Stay."""


def main() -> int | None:
    """Run the client with a directory for its files."""
    directory = Path(sys.argv[1])
    faulthandler.register(signal.SIGUSR1, (directory / "stacks").open("w"))

    def open_session(emit: Callable[[events.Event], None]) -> ReturningSession:
        return ReturningSession(emit, directory / "posts")

    settings = ClientSettings(amqp_url="amqp://nobody", name="alice")
    return FuzzApp(settings, open_session, directory, PreferenceStore(directory / "settings.toml")).run()


if __name__ == "__main__":
    sys.exit(main())
