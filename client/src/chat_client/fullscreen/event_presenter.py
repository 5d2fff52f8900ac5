"""The presenter of the room: each event of the session changes its widgets here."""

from collections.abc import Sequence
from typing import assert_never

from chat_client import display
from chat_client.chat_session import ChatSession
from chat_client.events import (
    ConnectedAgain,
    ConnectionLost,
    Delayed,
    Ended,
    Event,
    HistoryListed,
    Joined,
    MessageReceived,
    MyMessagesListed,
    NameRefused,
    NotSent,
    PresenceChanged,
    Remark,
    SearchListed,
    UsersListed,
    Waiting,
    WaitingOver,
)
from chat_client.fullscreen.bell import Bell
from chat_client.fullscreen.items import Item, info_lines
from chat_client.fullscreen.results import Results
from chat_client.fullscreen.room_widgets import RoomWidgets
from chat_client.fullscreen.roster import Roster
from chat_client.fullscreen.speakers import Speakers
from chat_client.language import _

Update = (
    Waiting | WaitingOver | Delayed | NotSent | HistoryListed | SearchListed | MyMessagesListed | NameRefused | Ended
)  # the events that add nothing to the end of the transcript


class EventPresenter:
    """Shows the session's events in the widgets of the room."""

    def __init__(self, session: ChatSession, widgets: RoomWidgets, results: Results, bell: Bell) -> None:
        """Present to the given widgets.

        Args:
            session: Receives a request for the list of users after each connect.
            widgets: The widgets that change.
            results: Shows the archive's answers.
            bell: Decides which messages ring.
        """
        self._session = session
        self._widgets = widgets
        self._results = results
        self._bell = bell
        self._roster, self._speakers = Roster(), Speakers()
        self._print_users = False

    def show(self, events: Sequence[Event]) -> None:
        """Show events, all in one update of the screen."""
        items = [item for event in events for item in self._items(event)]
        if items:
            self._widgets.transcript.add(items)
        self._widgets.members.show(self._roster.members())
        own_name = self._widgets.transcript.own_name
        self._widgets.composer.names = self._roster.names(self._speakers.latest(), besides=own_name)
        self.show_unsent()

    def show_unsent(self) -> None:
        """Show how many posts have not come back."""
        unsent = self._widgets.transcript.pending
        self._widgets.status.unsent = unsent
        self._widgets.banner.show_unsent(unsent)

    def print_users(self) -> None:
        """Request the list of users and print it in the transcript when it arrives."""
        self._print_users = True
        self._request_users()

    def _items(self, event: Event) -> list[Item]:
        """Return the items that an event adds to the transcript, and update the other widgets."""
        match event:
            case MessageReceived():
                self._speakers.record(event.user)
                if self._widgets.transcript.shows(event):
                    self._bell.record(event)
                return [event]
            case PresenceChanged():
                self._roster.change(event)
                return [event]
            case Joined():
                return self._joined(event)
            case Remark(text=text):
                self._results.fail(text)
                return info_lines(text)
            case UsersListed():
                return self._users_listed(event)
            case ConnectionLost(broker=broker):
                return self._connection_lost(_("connection to {broker} lost").format(broker=broker))
            case ConnectedAgain():
                return self._connected(_("connected again"))
            case _:
                self._update(event)
                return []

    def _update(self, event: Update) -> None:
        match event:
            case Waiting(text=text):
                self._widgets.banner.show_waiting(text)
            case WaitingOver():
                self._widgets.banner.hide()
            case Delayed(sequence=sequence):
                self._widgets.transcript.delay(sequence)
            case NotSent(sequence=sequence, reason=reason):
                self._widgets.transcript.refuse(sequence, reason)
            case HistoryListed():
                self._widgets.transcript.list_history(event)
            case SearchListed():
                self._results.search_listed(event)
            case MyMessagesListed():
                self._results.my_messages_listed(event)
            case NameRefused() | Ended():
                pass  # the app handles them
            case _:
                assert_never(event)

    def _joined(self, event: Joined) -> list[Item]:
        self._bell.enabled = True
        welcome = _("you are {name} in {room}; F1 or /help shows the commands and keys")
        return self._connected(welcome.format(name=event.name, room=event.room))

    def _connected(self, text: str) -> list[Item]:
        self._widgets.status.connected = True
        self._widgets.banner.hide()
        self._request_users()
        return info_lines(text)

    def _connection_lost(self, text: str) -> list[Item]:
        self._widgets.status.connected = False
        self._widgets.banner.show_waiting(text)
        return info_lines(text)

    def _request_users(self) -> None:
        self._roster.expect_listing()
        self._session.users()

    def _users_listed(self, event: UsersListed) -> list[Item]:
        self._roster.replace(event)
        wanted, self._print_users = self._print_users, False
        return info_lines(*(line.removeprefix("* ") for line in display.lines(event))) if wanted else []
