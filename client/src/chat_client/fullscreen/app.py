"""The full-screen client: it asks for a name, then shows the room."""

import gc
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import App
from textual.binding import BindingType
from textual.events import Event as TextualEvent
from textual.events import InputEvent, Key, Paste
from textual.message import Message

from chat_client import display
from chat_client.events import Ended, Event, Joined, NameRefused, NotSent, Remark, Waiting, WaitingOver
from chat_client.fullscreen import background, bindings, colours, web_browser
from chat_client.fullscreen.driver import TerminalDriver
from chat_client.fullscreen.feed import Feed
from chat_client.fullscreen.name_screen import NameScreen
from chat_client.fullscreen.terminal import TerminalWindow
from chat_client.keys import Where
from chat_client.language import _
from chat_client.leaving import INTERRUPTED
from chat_client.opening import OpenSession
from chat_client.settings import ClientSettings, broker_name
from chat_client.texts import explained
from chat_wire.errors import InvalidName

if TYPE_CHECKING:
    from chat_client.chat_session import ChatSession
    from chat_client.fullscreen.room_screen import RoomScreen
    from chat_client.fullscreen.transcript_view import TranscriptView
    from chat_client.preferences_file import PreferenceStore
    from chat_client.room_memory import RoomMemory

BREAKPOINTS = [(0, "-narrow"), (60, "-normal"), (100, "-wide")]  # the least columns at which screens have this class

DARK, LIGHT = "textual-dark", "textual-light"  # the themes that follow the terminal


class ChatApp(App[int], inherit_bindings=False):
    """The client of one person at a terminal. Its result is the exit status."""

    CSS_PATH = "chat.tcss"
    TITLE = "Tertulia"
    BINDINGS: ClassVar[list[BindingType]] = bindings.at(Where.APP)
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    class EventsArrived(Message):
        """The session has put events into the feed."""

    def __init__(
        self,
        settings: ClientSettings,
        open_session: OpenSession,
        state: Path,
        preferences: "PreferenceStore",
        remarks: Sequence[str] = (),
    ) -> None:
        """Create the app; it connects when it runs.

        Args:
            settings: The client's settings.
            open_session: Called once, in a thread, when the name screen is visible: loading the room and the AMQP
                libraries takes longer than showing that screen.
            state: The directory of what the client remembers from run to run.
            preferences: The preferences of the person.
            remarks: Texts that the room shows when the person enters it.
        """
        # Textual shows greys when NO_COLOR is set, except in the terminal's own colours.
        super().__init__(driver_class=TerminalDriver, ansi_color=settings.no_color or None)
        self._settings = settings
        self._remarks = remarks
        self._open_session = open_session
        self._state = state
        self._preferences = preferences
        self.feed = Feed(lambda: self.post_message(self.EventsArrived()))
        self._name_screen = NameScreen(settings.name or preferences.current.name or None)
        self._chosen_name: str | None = None
        self.terminal = TerminalWindow(self.write, in_tmux="TMUX" in os.environ)
        self._early_events: list[Event] = []  # arrived before the room was on the screen
        self._room_screen: type[RoomScreen] | None = None
        self._room: RoomScreen | None = None
        self._leaving = False
        self.session: ChatSession | None = None
        self.ended: Ended | None = None
        self.last_remarks: list[str] = []  # for the time after the app

    def get_css_variables(self) -> dict[str, str]:
        """Return the colours of the theme, with one for refusals that 16 colours tell apart from the others."""
        variables = super().get_css_variables()
        return {**variables, "text-error": colours.refused_colour_of_16(self)} if colours.has_16(self) else variables

    def on_mount(self) -> None:
        """Ask for the name, and connect meanwhile."""
        self._follow_theme()
        self._preferences.watch(self._follow_theme)
        self.push_screen(self._name_screen)
        self.call_after_refresh(self._connect)

    def _follow_theme(self) -> None:
        """Use the theme that the person prefers. Ask the terminal for its background if that decides."""
        theme = self._preferences.current.theme
        if self._settings.no_color:
            return
        if theme != "auto":
            self.theme = theme
            return
        light = background.light_in_environment(os.environ)
        self.theme = LIGHT if light else DARK
        if light is None and background.answers(os.environ) and isinstance(self._driver, TerminalDriver):
            self._driver.write(background.QUESTION)

    def on_terminal_background(self, event: background.TerminalBackground) -> None:
        """Follow the background of the terminal, unless the person prefers a theme."""
        if self._preferences.current.theme == "auto" and not self._settings.no_color:
            self.theme = LIGHT if event.light else DARK

    def choose_theme(self, name: str) -> None:
        """Prefer a theme from now on."""
        unsaved = self._preferences.put("theme", name)
        if unsaved:
            self.notify(unsaved, markup=False)

    @work(thread=True)
    def _connect(self) -> None:
        from chat_client.fullscreen.room_screen import RoomScreen

        session = self._open_session(self.feed.put)
        session.start()
        gc.freeze()  # objects loaded so far stay: collections need not go through them
        self.call_from_thread(self._connected, session, RoomScreen)

    def _connected(self, session: "ChatSession", room_screen: "type[RoomScreen]") -> None:
        self.session, self._room_screen = session, room_screen
        self._join()

    def on_name_screen_chosen(self, event: NameScreen.Chosen) -> None:
        """Join under the name that the person typed, as soon as the session exists."""
        self._chosen_name = event.name
        self._join()

    def _join(self) -> None:
        if self.session is None or self._chosen_name is None:
            return
        try:
            self.session.join(self._chosen_name)
        except InvalidName as error:
            self._name_screen.refuse(explained(error))

    async def on_chat_app_events_arrived(self) -> None:
        """Show the events, now or when the last update of the screen is long enough ago."""
        seconds = self.feed.due_in()
        if seconds:
            self.set_timer(seconds, self._show_events)
        else:
            await self._show_events()

    async def _show_events(self) -> None:
        events = self.feed.drain()
        if self._room:
            self._room.show_events(events)
        else:
            for event in events:
                await self._show_before_room(event)
        self._exit_if_ended(events)

    async def _show_before_room(self, event: Event) -> None:
        """Show an event on the name screen, or keep it for the room."""
        if self._room:
            self._room.show_events([event])
            return
        match event:
            case Joined():
                await self._enter_room(event)
            case NameRefused(text=text):
                self._name_screen.show_waiting("")  # the registry has answered
                self._name_screen.refuse(text)
            case Waiting(text=text):
                self._name_screen.show_waiting(text)
            case WaitingOver():
                self._name_screen.show_waiting("")
            case _:
                self._early_events.append(event)

    async def _enter_room(self, joined: Joined) -> None:
        assert self.session
        assert self._room_screen
        memory = self._memory_of(joined)
        room = self._room_screen(self.session, joined, memory, self._preferences, self.terminal)
        await self.switch_screen(room)
        self._room = room
        room.type_on(self._name_screen.typed_ahead)
        room.show_events([*self._early_events, joined, *(Remark(text=text) for text in self._remarks)])

    def write(self, sequence: str) -> None:
        """Write a sequence to the terminal, as it is."""
        if self._driver:
            self._driver.write(sequence)

    def _memory_of(self, joined: Joined) -> "RoomMemory":
        from chat_client.room_memory import RoomMemory, memory_path  # what checks names takes time to load

        broker = broker_name(self._settings.amqp_url)
        return RoomMemory(memory_path(self._state, broker, joined.room, joined.name))

    def save_draft(self) -> None:
        """Save what the person has typed, once the app has ended in any way."""
        if self._room:
            self.last_remarks += self._room.save_draft()

    def _exit_if_ended(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Ended):
                self.ended = event
                self.exit(0 if event.freed else 1)

    @property
    def refused(self) -> list[NotSent]:
        """The posts that the room shows as refused."""
        return self._room.refused if self._room else []

    async def on_event(self, event: TextualEvent) -> None:
        """Note that the person did something, and prepare for what was typed or pasted before a widget gets it."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            self.app_focus = True  # also for a terminal that reports only the loss of the focus
            if self._room and self.screen is self._room:
                self._room.focus_for(event)
        if self._room and isinstance(event, InputEvent):
            self._room.act()
        await super().on_event(event)

    def on_app_blur(self) -> None:
        """Mark messages from now on as new: the terminal reports that it lost the focus."""
        if self._room:
            self._room.report_focus(False)

    def on_app_focus(self) -> None:
        """Note that the terminal reports that it has the focus."""
        if self._room:
            self._room.report_focus(True)

    def on_transcript_view_link_clicked(self, event: "TranscriptView.LinkClicked") -> None:
        """Open the link of a message in the room or in a list of results."""
        self._open_link(event.url)

    @work(thread=True)
    def _open_link(self, url: str) -> None:
        if not web_browser.open_link(url):
            self.call_from_thread(self._copy_link, url)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text with the terminal's help (OSC 52), and say so."""
        super().copy_to_clipboard(text)
        self.notify(_("copied; Shift and drag selects with the terminal itself"))

    def _copy_link(self, url: str) -> None:
        super().copy_to_clipboard(url)
        self.notify(_("no browser found; copied the link: {url}").format(url=display.safe(url)), markup=False)

    async def action_quit(self) -> None:
        """Leave once all messages are delivered; exit at once before the room is open, or when called again."""
        if self._room is None or self._leaving:
            self.exit(INTERRUPTED if self._leaving else 0)
            return
        self._leaving = True
        self._room.leave()

    def action_suspend_process(self) -> None:
        """Suspend the client until the shell continues it."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.suspend()

    def on_driver_signal_resume(self) -> None:
        """Paint everything again, and the title, after the client was suspended."""
        self.terminal.repeat_title()
        self.refresh(layout=True)

    def action_help_quit(self) -> None:
        """Explain how to leave: a person who presses Ctrl+C with nothing selected probably wants that."""
        self.notify(_("Ctrl+Q leaves and frees your name"))

    def action_command_palette(self) -> None:
        """Open the command palette."""
        from chat_client.fullscreen import palette

        palette.open_palette(self, palette.Everything, _("Search the commands and keys"))
