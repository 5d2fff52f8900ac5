"""The commands in the room: the full-screen client's part of the registry in `chat_client.commands`."""

from dataclasses import dataclass

from textual.screen import Screen

from chat_client.chat_session import ChatSession
from chat_client.fullscreen import clock
from chat_client.fullscreen.bell import Bell
from chat_client.fullscreen.event_presenter import EventPresenter
from chat_client.fullscreen.help_screen import HelpScreen
from chat_client.fullscreen.moments import BadMoment, moment
from chat_client.fullscreen.results import Results
from chat_client.fullscreen.room_widgets import RoomWidgets
from chat_client.ignoring import Ignoring
from chat_client.places import Since
from chat_client.preferences_file import PreferenceStore, set_by_command


@dataclass(frozen=True, slots=True)
class RoomCommands:
    """Implements `commands.Frontend` on the room's screen.

    Attributes:
        screen: The room's screen.
        session: Receives posts.
        widgets: The widgets of the room.
        presenter: Prints the users when they are listed.
        results: Shows answers of the archive.
        bell: Tells its mode.
        ignoring: Hides people.
        preferences: The preferences to set.
    """

    screen: Screen[None]
    session: ChatSession
    widgets: RoomWidgets
    presenter: EventPresenter
    results: Results
    bell: Bell
    ignoring: Ignoring
    preferences: PreferenceStore

    def post_text(self, text: str) -> None:
        """Post a message, and show it as unsent until it has come back. Raises InvalidText."""
        sequence = self.session.post(text)
        self.widgets.transcript.post(sequence, text, clock.now())
        self.presenter.show_unsent()

    def reject_line(self, _line: str, reason: str, /) -> None:
        """Print the reason. The Up key recalls the line."""
        self._print(reason)

    def list_members(self) -> None:
        """Request the users, which are printed when they arrive."""
        self.presenter.print_users()

    def list_my_messages(self) -> None:
        """Show all messages of this person under this name."""
        self.results.my_messages()

    def search_messages(self, words: str) -> None:
        """Show the messages that hold all words."""
        self.results.search(words)

    def go_to(self, when: str, /) -> None:
        """Go to the first message of a day or time."""
        try:
            at = moment(when, clock.now(), local=self.widgets.status.local_time)
        except BadMoment as error:
            self._print(str(error))
        else:
            self.widgets.transcript.go_to(Since(at))

    def ignore_person(self, name: str, /) -> None:
        """Hide a person's messages."""
        self.show_lines(*self.ignoring.ignore(name, self.widgets.transcript.own_name))

    def unignore_person(self, name: str, /) -> None:
        """Show a person's messages again."""
        self.show_lines(*self.ignoring.unignore(name))

    def set_bell(self, mode: str, /) -> None:
        """Set the bell, and print the mode."""
        unsaved = self.preferences.change("bell", mode) if mode else ""
        self.show_lines(self.bell.mode, *([unsaved] if unsaved else []))

    def set_preference(self, argument: str, /) -> None:
        """Change a preference, or show one or all."""
        self.show_lines(*set_by_command(self.preferences, argument))

    def show_help(self) -> None:
        """Show the commands and keys."""
        self.screen.app.push_screen(HelpScreen())

    def show_lines(self, *lines: str) -> None:
        """Print lines."""
        for line in lines:
            self._print(line)

    def leave_chat(self) -> None:
        """Leave as Ctrl+Q does."""
        self.screen.app.call_later(self.screen.app.action_quit)

    def _print(self, text: str) -> None:
        """Print a line that only this person sees."""
        self.widgets.transcript.tell(text)
