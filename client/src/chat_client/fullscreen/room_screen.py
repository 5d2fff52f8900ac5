"""The screen of the room: its keys and the composer's input become requests to the session."""

import time
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Key, Paste
from textual.screen import Screen

from chat_client import commands, display
from chat_client.chat_session import ChatSession
from chat_client.events import Event, Joined, NotSent
from chat_client.fullscreen import bindings
from chat_client.fullscreen.bell import Bell
from chat_client.fullscreen.composer import Composer
from chat_client.fullscreen.draft_keeper import DraftKeeper
from chat_client.fullscreen.event_presenter import EventPresenter
from chat_client.fullscreen.key_handling import typed_text
from chat_client.fullscreen.reading import Reading
from chat_client.fullscreen.results import Results
from chat_client.fullscreen.room_commands import RoomCommands
from chat_client.fullscreen.room_view import RoomView
from chat_client.fullscreen.room_widgets import room_widgets
from chat_client.fullscreen.terminal import TerminalWindow
from chat_client.ignoring import Ignoring
from chat_client.keys import Where
from chat_client.language import _
from chat_client.places import OLDEST
from chat_client.preferences import OFF, ON
from chat_client.preferences_file import PreferenceStore
from chat_client.room_memory import RoomMemory


class RoomScreen(Screen[None]):
    """The transcript, the members, and the composer."""

    AUTO_FOCUS = "#composer"
    BINDINGS: ClassVar[list[BindingType]] = bindings.at(Where.ROOM)

    def __init__(
        self,
        session: ChatSession,
        joined: Joined,
        memory: RoomMemory,
        preferences: PreferenceStore,
        terminal: TerminalWindow,
    ) -> None:
        """Create the screen of the room that the session has joined.

        Args:
            session: Receives requests.
            joined: The room, and the name of this person in it.
            memory: Keeps what the person types from run to run.
            preferences: The preferences of the person.
            terminal: Has the title of the window, and shows notifications.
        """
        super().__init__()
        self._session = session
        self._widgets = room_widgets(joined)
        self._keeper = DraftKeeper(self, self._widgets, memory)
        self._reading = Reading(self._widgets.transcript, memory, self._keeper.changed)
        self._preferences = preferences
        self._terminal = terminal
        self._bell = Bell(joined.name, preferences)
        go_to = self._widgets.transcript.go_to
        results = Results(self, session, joined.name, go_to, preferences)
        self._presenter = EventPresenter(session, self._widgets, results, self._bell)
        self.commands = RoomCommands(
            self, session, self._widgets, self._presenter, results, self._bell, Ignoring(preferences), preferences
        )

    def compose(self) -> ComposeResult:
        """Lay out the widgets."""
        yield self._widgets.banner
        with Horizontal(id="middle"):
            yield self._widgets.transcript
            yield self._widgets.members
        yield self._widgets.composer
        yield self._widgets.status

    def on_mount(self) -> None:
        """Go on with the draft of the last run, as the person prefers."""
        self._keeper.restore()
        self._prefer()
        self._preferences.watch(self._prefer)

    def _prefer(self) -> None:
        current = self._preferences.current
        self._widgets.transcript.prefer(current)
        self._widgets.status.local_time = current.local_time
        self.set_class(current.members == ON, "-members")
        self.set_class(current.members == OFF, "-no-members")

    def type_on(self, text: str) -> None:
        """Add to the draft what the person typed while the client joined."""
        self._widgets.composer.insert(text)

    def on_text_area_changed(self) -> None:
        """Keep the draft."""
        self._keeper.changed()

    def save_draft(self) -> list[str]:
        """Save what is typed: the client ends. Return what the person has to know about it."""
        return self._keeper.close()

    def show_events(self, events: Sequence[Event]) -> None:
        """Show the session's events, and ring the bell if one of them asks for it."""
        self._reading.receive(events)
        self._presenter.show(events)
        self._reading.note()
        self._show_unread()
        if self._bell.pop_due(time.monotonic()):
            self.app.bell()
        self._notify()

    def _show_unread(self) -> None:
        self._terminal.show_title(self._widgets.status.room, self._reading.unread)

    def _notify(self) -> None:
        """Show the message that mentions the person on the desktop, unless the person looks at it here."""
        kind, message = self._preferences.current.notify, self._bell.pop_mention(time.monotonic())
        if message and kind != OFF and not self._reading.looks:
            self._terminal.notify(kind, self._widgets.status.room, display.said_by(message))

    @property
    def refused(self) -> list[NotSent]:
        """The posts that were refused, and neither sent again nor discarded."""
        return self._widgets.transcript.refused

    def leave(self) -> None:
        """Leave once all posts have come back."""
        self._session.exit()
        text = _("leaving once your messages are delivered; Ctrl+Q leaves at once and keeps your name")
        self._widgets.banner.show_waiting(text)

    def act(self) -> None:
        """Note that the person pressed a key or used the mouse."""
        self._reading.act()
        self._show_unread()

    def report_focus(self, focused: bool) -> None:
        """Note that the terminal gained or lost the focus."""
        self._reading.report_focus(focused)
        self._show_unread()

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """Post the text, or carry out the command."""
        self._keeper.submitted(event)
        commands.enter(event.text, self.commands)

    def on_composer_leave_requested(self) -> None:
        """Leave the chat."""
        self.commands.leave_chat()

    def on_room_view_history_wanted(self, event: RoomView.HistoryWanted) -> None:
        """Request a page of the room's history."""
        self._session.history(event.query)

    def on_room_view_nothing_found(self) -> None:
        """Say that the room has no message as late as the time to go to."""
        self._widgets.transcript.tell(_("no message is as late as that"))

    def on_transcript_view_new_below_changed(self) -> None:
        """Show how many messages are below the view: some may be read now."""
        self._reading.note()
        self._widgets.status.new_below = self._widgets.transcript.new_below
        self._show_unread()

    def focus_for(self, event: Key | Paste) -> None:
        """Return to the composer before the event goes to a widget, if a person types or pastes elsewhere.

        Later would be too late: the keys that arrive together with the first one would go elsewhere.
        """
        composer = self._widgets.composer
        opens = isinstance(event, Key) and event.key == "space" and self._widgets.transcript.has_focus
        if self.focused is not composer and not opens and (isinstance(event, Paste) or typed_text(event)):
            self.set_focus(composer)

    def action_help(self) -> None:
        """Show the commands and keys."""
        self.commands.show_help()

    def action_send_again(self) -> None:
        """Send the oldest refused post again, as a new post."""
        text = self._widgets.transcript.pop_refused()
        if text is not None:
            self.commands.post_text(text)

    def action_discard(self) -> None:
        """Discard the oldest refused post."""
        self._widgets.transcript.pop_refused()

    def action_toggle_members(self) -> None:
        """Show or hide the members. If the width alone would do that, it decides again from now on."""
        show = not self._widgets.members.display
        members = "auto" if show == self.has_class("-wide") else ON if show else OFF
        unsaved = self._preferences.put("members", members)
        if unsaved:
            self._widgets.transcript.tell(unsaved)

    def action_choose_message(self) -> None:
        """Switch between typing and choosing a message."""
        (self._widgets.composer if self._widgets.transcript.has_focus else self._widgets.transcript).focus()

    def action_type(self) -> None:
        """Return to typing, and from elsewhere in the room to the newest message."""
        self._widgets.composer.focus()
        if self._widgets.transcript.away:
            self._widgets.transcript.go_to_newest()

    def action_page(self, direction: int) -> None:
        """Scroll the transcript by a page: up for -1, down for 1."""
        if direction < 0:
            self._widgets.transcript.action_page_up()
        else:
            self._widgets.transcript.action_page_down()

    def action_newest(self) -> None:
        """Go to the newest message."""
        self._widgets.transcript.go_to_newest()

    def action_oldest(self) -> None:
        """Go to the oldest message of the room."""
        self._widgets.transcript.go_to(OLDEST)
