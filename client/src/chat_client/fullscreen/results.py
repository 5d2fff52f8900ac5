"""Requests to the archive, and the screen that shows the answers as they arrive."""

from collections.abc import Callable

from textual.screen import Screen

from chat_client.chat_session import ChatSession
from chat_client.events import MessageReceived, MyMessagesListed, SearchListed
from chat_client.fullscreen.results_screen import ResultsScreen
from chat_client.language import _, ngettext
from chat_client.places import From, Query
from chat_client.preferences_file import PreferenceStore


class Results:
    """Searches, and lists a person's own messages. Shows only answers to the latest request."""

    def __init__(
        self,
        room: Screen[None],
        session: ChatSession,
        own_name: str,
        go_to: Callable[[Query], None],
        preferences: PreferenceStore,
    ) -> None:
        """Start without requests.

        Args:
            room: The screen over which the results appear.
            session: Asks the archive.
            own_name: The name of this person.
            go_to: Shows a message in the room.
            preferences: The preferences of the person.
        """
        self._room = room
        self._session = session
        self._own_name = own_name
        self._go_to = go_to
        self._preferences = preferences
        self._shown: ResultsScreen | None = None
        self._awaits_my_messages = False
        self._my_messages: list[MessageReceived] = []  # those received while the list is incomplete

    def search(self, words: str) -> None:
        """Show the messages of the room that hold all words."""
        self._open(_("Search: {words}").format(words=words), words)
        self._session.search(words)

    def my_messages(self) -> None:
        """Show all messages of this person under this name. A request that is still being answered is not repeated."""
        self._open(_("Your messages as {name}").format(name=self._own_name), None).add(self._my_messages)
        if not self._awaits_my_messages:
            self._awaits_my_messages = True
            self._session.my_messages()

    def fail(self, text: str) -> None:
        """Show a remark of the session, which may stand for an answer that does not come."""
        self._awaits_my_messages, self._my_messages = False, []
        if self._shown:
            self._shown.complete(text)

    def search_listed(self, event: SearchListed) -> None:
        """Show messages that a search found."""
        if self._shown and self._shown.words == event.words:
            self._shown.add_older(event.messages, more=event.more)
            if event.messages or not event.more:
                self._shown.complete(_("scroll up for older messages") if event.more else _("all messages shown"))

    def my_messages_listed(self, event: MyMessagesListed) -> None:
        """Show some of the person's own messages."""
        self._my_messages.extend(event.messages)
        if self._shown and self._shown.words is None:
            self._shown.add(event.messages)
            if event.total is not None:
                count = ngettext("{count} message", "{count} messages", event.total)
                self._shown.complete(count.format(count=event.total))
        if event.total is not None:
            self._awaits_my_messages, self._my_messages = False, []

    def _open(self, title: str, words: str | None) -> ResultsScreen:
        more = None if words is None else self._session.search_more
        preferences = self._preferences.current
        self._shown = ResultsScreen(title, words, more, preferences, own_name=self._own_name)
        self._room.app.push_screen(self._shown, self._close)
        return self._shown

    def _close(self, chosen: MessageReceived | None) -> None:
        self._shown = None
        if chosen and chosen.place and chosen.place.number is not None:
            self._go_to(From(chosen.place.number))
