"""The full-screen client: a question for the name, then the room."""

import asyncio
import gc
import signal
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import work
from textual.app import App, SystemCommand
from textual.command import CommandPalette
from textual.message import Message
from textual.screen import Screen

from chat_client import display
from chat_client.events import Ended, Event, Joined, NameRefused, NotSent, Waiting, WaitingOver
from chat_client.fullscreen import browser
from chat_client.fullscreen.feed import Feed
from chat_client.fullscreen.name_screen import NameScreen
from chat_client.language import _
from chat_client.leaving import INTERRUPTED
from chat_client.opening import OpenSession
from chat_client.settings import ClientSettings
from chat_client.texts import explained
from chat_wire.errors import InvalidName

if TYPE_CHECKING:
    from chat_client.fullscreen.room_screen import RoomScreen
    from chat_client.fullscreen.transcript_view import TranscriptView
    from chat_client.session import Session

WIDTHS = [(0, "-narrow"), (60, "-normal")]  # from so many columns on, screens have this class
TO_LEAVE = (signal.SIGTERM, signal.SIGHUP)


class ChatApp(App[int]):
    """One person at a terminal. Its result is the client's exit status.

    `open_session` is called once, in a thread, when the question is on the screen: to load the room, and all that
    talks to RabbitMQ, takes longer than to show it.
    """

    CSS_PATH = "chat.tcss"
    TITLE = "Tertulia"
    HORIZONTAL_BREAKPOINTS = WIDTHS

    class Arrived(Message):
        """The session has something to tell."""

    def __init__(self, settings: ClientSettings, open_session: OpenSession) -> None:
        # Textual takes greys for no colours, unless the colours are to be the terminal's own.
        super().__init__(ansi_color=settings.no_color or None)
        self._settings = settings
        self._open_session = open_session
        self.feed = Feed(lambda: self.post_message(self.Arrived()))
        self._name_screen = NameScreen(settings.name)
        self._wanted_name: str | None = None
        self._before: list[Event] = []  # told before the room was on the screen
        self._room_screen: type[RoomScreen] | None = None
        self._room: RoomScreen | None = None
        self._leaving = False
        self.session: Session | None = None
        self.ended: Ended | None = None

    def on_mount(self) -> None:
        """Ask for the name, and connect meanwhile."""
        for number in TO_LEAVE:
            asyncio.get_running_loop().add_signal_handler(number, self.exit, 128 + number)
        self.push_screen(self._name_screen)
        self.call_after_refresh(self._connect)

    @work(thread=True)
    def _connect(self) -> None:
        from chat_client.fullscreen.room_screen import RoomScreen

        session = self._open_session(self.feed.put)
        session.start()
        gc.freeze()  # what is loaded by now stays: collections need not go through it
        self.call_from_thread(self._connected, session, RoomScreen)

    def _connected(self, session: "Session", room_screen: "type[RoomScreen]") -> None:
        self.session, self._room_screen = session, room_screen
        self._join()

    def on_name_screen_chosen(self, event: NameScreen.Chosen) -> None:
        """A name was typed; it is asked for as soon as there is a session."""
        self._wanted_name = event.name
        self._join()

    def _join(self) -> None:
        if self.session is None or self._wanted_name is None:
            return
        try:
            self.session.join(self._wanted_name)
        except InvalidName as error:
            self._name_screen.refuse(explained(error))

    async def on_chat_app_arrived(self) -> None:
        """Show what there is, now or when the screen was last changed long enough ago."""
        wait = self.feed.due_in()
        if wait:
            self.set_timer(wait, self._show)
        else:
            await self._show()

    async def _show(self) -> None:
        events = self.feed.take()
        if self._room:
            self._room.tell(events)
        else:
            for event in events:
                await self._show_early(event)
        self._end_with(events)

    async def _show_early(self, event: Event) -> None:
        """Before the room is on the screen; what belongs there is kept for it."""
        if self._room:
            self._room.tell([event])
            return
        match event:
            case Joined():
                await self._enter(event)
            case NameRefused(text=text):
                self._name_screen.say("")  # an answer has come: nothing is waited for
                self._name_screen.refuse(text)
            case Waiting(text=text):
                self._name_screen.say(text)
            case WaitingOver():
                self._name_screen.say("")
            case _:
                self._before.append(event)

    async def _enter(self, joined: Joined) -> None:
        assert self.session
        assert self._room_screen
        room = self._room_screen(self.session, joined, local_time=self._settings.local_time)
        await self.switch_screen(room)
        self._room = room
        room.tell([*self._before, joined])

    @property
    def refused(self) -> list[NotSent]:
        """The posts that the room shows as refused."""
        return self._room.refused if self._room else []

    def on_app_blur(self) -> None:
        """The terminal has lost the focus, if it tells."""
        if self._room:
            self._room.looked_away()

    def on_transcript_view_link_clicked(self, event: "TranscriptView.LinkClicked") -> None:
        """Open what a message links to, of the room or of what was found."""
        self._open_link(event.url)

    @work(thread=True)
    def _open_link(self, url: str) -> None:
        if not browser.open_link(url):
            self.call_from_thread(self._hand_over_link, url)

    def _hand_over_link(self, url: str) -> None:
        self.copy_to_clipboard(url)
        self.notify(_("copied, as there is no browser here: {url}").format(url=display.safe(url)), markup=False)

    def _end_with(self, events: list[Event]) -> None:
        """Close when the session is over."""
        for event in events:
            if isinstance(event, Ended):
                self.ended = event
                self.exit(0 if event.freed else 1)

    async def action_quit(self) -> None:
        """Leave in order; asked for again, or before the name is ours, at once."""
        if self._room is None or self._leaving:
            self.exit(INTERRUPTED if self._leaving else 0)
            return
        self._leaving = True
        self._room.leave()

    def action_help_quit(self) -> None:
        """Ctrl+C with nothing to copy: most likely somebody wants to leave."""
        self.notify(_("Ctrl+Q leaves, and frees your name"))

    def action_command_palette(self) -> None:
        """Show all that can be done."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=_("What would you like to do?"), id="--command-palette"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the command palette offers."""
        if self._room and screen is self._room:
            yield from self._room.palette()
        yield SystemCommand(_("Theme"), _("Choose other colours"), self.action_change_theme)
        yield SystemCommand(_("Leave"), _("Leave the chat, and free your name"), self.action_quit)
