"""What was asked of the archive, and the screen on which its answers are shown as they come."""

from typing import TYPE_CHECKING

from textual.screen import Screen

from chat_client import events as told
from chat_client.fullscreen.results_screen import ResultsScreen
from chat_client.language import _, ngettext

if TYPE_CHECKING:
    from chat_client.session import Session


class Results:
    """Searches, and lists one's own messages. What is no answer to what was asked last is not shown."""

    def __init__(self, room: Screen[None], session: "Session", own_name: str, *, local_time: bool) -> None:
        self._room = room
        self._session = session
        self._own_name = own_name
        self._local_time = local_time
        self._shown: ResultsScreen | None = None
        self._asked_mine = False
        self._mine: list[told.MessageReceived] = []  # those that have come as long as the list is not complete

    def search(self, words: str) -> None:
        """Show what the room has of words."""
        self._open(_("Search: {words}").format(words=words), words)
        self._session.search(words)

    def my_messages(self) -> None:
        """Show what this person has said under this name; while that is still coming it is not asked for again."""
        self._open(_("What you have said as {name}").format(name=self._own_name), None).add(self._mine)
        if not self._asked_mine:
            self._asked_mine = True
            self._session.my_messages()

    def remark(self, text: str) -> None:
        """Show what may be said instead of an answer."""
        self._asked_mine, self._mine = False, []
        if self._shown:
            self._shown.complete(text)

    def search_listed(self, event: told.SearchListed) -> None:
        """Show what was found."""
        if self._shown and self._shown.words == event.words:
            self._shown.add_older(event.messages, more=event.more)
            if event.messages or not event.more:
                self._shown.complete(_("there are older ones") if event.more else _("that is all"))

    def mine_listed(self, event: told.MineListed) -> None:
        """Show some of one's own messages."""
        self._mine.extend(event.messages)
        if self._shown and self._shown.words is None:
            self._shown.add(event.messages)
            if event.total is not None:
                count = ngettext("{count} message", "{count} messages", event.total)
                self._shown.complete(count.format(count=event.total))
        if event.total is not None:
            self._asked_mine, self._mine = False, []

    def _open(self, title: str, words: str | None) -> ResultsScreen:
        more = None if words is None else self._session.search_more
        self._shown = ResultsScreen(title, words, more, own_name=self._own_name, local_time=self._local_time)
        self._room.app.push_screen(self._shown, self._close)
        return self._shown

    def _close(self, _result: None) -> None:
        self._shown = None
