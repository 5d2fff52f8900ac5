"""The transcript of the room: a bounded window of its history, which goes anywhere in it and back to the newest."""

from collections.abc import Sequence

from textual.message import Message

from chat_client import display
from chat_client.events import HistoryListed, MessageReceived
from chat_client.fullscreen.items import Item, info_lines
from chat_client.fullscreen.transcript_view import Fetch, TranscriptView
from chat_client.fullscreen.unread import count_from, first_of_another, messages, reaches_back
from chat_client.fullscreen.window import Window
from chat_client.language import ngettext
from chat_client.places import OLDEST, From, Newer, Place, Query


class RoomView(TranscriptView):
    """The messages of the room around the view, and below the newest of them the unsent posts.

    Attributes:
        seen: The place of the newest message that was in view; None if none was yet.
    """

    class HistoryWanted(Message):
        """A page of the room's history is wanted. Give the answer to `list_history`."""

        def __init__(self, query: Query) -> None:
            """Create the message.

            Args:
                query: The query for the page.
            """
            super().__init__()
            self.query = query

    class NothingFound(Message):
        """The room has no message where the person wants to go."""

    def __init__(self, *, beginning: str, id: str | None = None) -> None:
        """Create an empty view, at the live end of the room.

        Args:
            beginning: The text above the very first message.
            id: The widget's id in CSS.
        """
        super().__init__(beginning=beginning, id=id)
        self._window = Window(self._conversation)
        self._newer = Fetch.WANTED
        self._target: Query | None = None  # where to go when the answer arrives
        # The number of the message to which the person went, and the row of the view then; until older ones are added.
        self._arrival: tuple[int, int] | None = None
        self._away = False  # the person went elsewhere by a command
        self._read: tuple[int, int] | None = None  # where to go on when the first messages arrive
        self.seen: Place | None = None

    @property
    def away(self) -> bool:
        """Whether the person went elsewhere in the room, and has not come back to the newest message."""
        return self._away

    def resume(self, read: tuple[int, int] | None) -> None:
        """Begin at the first unread message of another person, below a line "new", if more than a screen is unread.

        Call this before the first `add`, which brings the newest messages.

        Args:
            read: The offset and index of the place up to which the person has read; None at a first visit.
        """
        self._read = read

    def add(self, items: Sequence[Item]) -> None:
        """Add items that have arrived. If the window is elsewhere, only count the messages."""
        start = self._conversation.end
        live = self._window.live
        items = self._window.receive(items)
        if live:
            self._unseen.add(items, start)
        else:
            self._unseen.add_below(items)
            self._join()
        read, self._read = self._read, None
        self.show_from(self._trim(self._first_unread_row(read) if read else self._top))

    def tell(self, text: str) -> None:
        """Add a line of the client's own at the end, and show it meanwhile if the end is not in the window."""
        self.add(info_lines(text))
        if not self._window.live:
            self.notify(display.safe(text), markup=False)

    def prepend(self, items: Sequence[MessageReceived], more: bool) -> None:
        """Put older messages into the window."""
        self._window.add_older(items, more=more)

    def post(self, sequence: int, text: str, at: int) -> None:
        """Add an unsent post and go to it; `at` is the time in microseconds since 1970-01-01 UTC."""
        self.go_to_newest()
        super().post(sequence, text, at)

    def go_to(self, query: Query) -> None:
        """Show another part of the room: request it, and go there when the answer arrives."""
        self._target = query
        self.post_message(self.HistoryWanted(query))

    def go_to_newest(self) -> None:
        """Show the newest message, and follow the room."""
        if not self._window.live:
            self._window.go_live()
            self._moved(more=True)
        self._unseen.clear()
        self._target, self._arrival, self._away = None, None, False
        self.seen = self._window.newest_place or self.seen
        self._following = True
        self.show_from(self._top)

    def list_history(self, event: HistoryListed) -> None:
        """Show the answer to a query. One that is not wanted any more is ignored."""
        if event.query == self._target:
            self._target = None
            self._open(event)
        elif event.query == self._window.older and self._older is Fetch.REQUESTED:
            number, row = self._arrival or (None, None)
            stays, self._arrival = self._top == row, None
            self.add_older(event.messages, event.more)
            self.show_from(self._trim(self._top))
            if number is not None and stays:  # the person has not scrolled since
                self._stay(number)
        elif event.query == self._window.newer and self._newer is Fetch.REQUESTED:
            self._add_newer(event)

    def view_changed(self) -> None:
        """Report what the base reports, and request newer messages if the end of a detached window is near."""
        super().view_changed()
        bottom = self._top + 2 * self.size.height >= self._conversation.height
        if self._window.live or not self.size.height or not bottom or self._newer is not Fetch.WANTED:
            return
        if self._join():
            self.show_from(self._trim(self._top))
        elif query := self._window.newer:
            self._newer = Fetch.REQUESTED
            self.post_message(self.HistoryWanted(query))

    def on_transcript_view_reached_top(self, event: TranscriptView.ReachedTop) -> None:
        """Request the messages before the window."""
        event.stop()
        self.post_message(self.HistoryWanted(self._window.older))

    def see(self, last: int) -> None:
        """Note that all items up to a number were in view."""
        number = self._unseen.see(last)
        item = None if number is None else self._conversation.item(number)
        if isinstance(item, MessageReceived):
            self.seen = item.place or self.seen

    def action_scroll_end(self) -> None:
        """Go to the newest message."""
        self.go_to_newest()

    def action_page_down(self) -> None:
        """Scroll a page down."""
        self._retry_newer()
        super().action_page_down()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Request newer messages again if the last request failed and the person scrolls down."""
        super().watch_scroll_y(old_value, new_value)
        if new_value > old_value:
            self._retry_newer()

    def _first_unread_row(self, read: tuple[int, int]) -> int:
        """Put the line "new" above the first unread message of another person, and return the row of that line.

        If that message is before the window, request it, and return the row of the newest one meanwhile.
        """
        number = first_of_another(self._conversation, read)
        if number is None:
            return self._top
        if not reaches_back(self._conversation, read):
            self.go_to(Newer(Place(*read)))
            return self._top
        self._conversation.divide(number)
        self._following = False
        return self._conversation.row_of(number)

    def _open(self, event: HistoryListed) -> None:
        resumes = isinstance(event.query, Newer)
        if event.messages:
            self._unseen.drop()
            if resumes:
                self._unseen.clear()
                self._unseen.add_below(event.messages, count_from(self._conversation, event.messages[0]))
                self.seen = None
            self._window.open(event.messages, more=event.query != OLDEST)
            self._moved(more=event.query != OLDEST)
            self._fetched(self._conversation.first)
            self._away, self._following = not self._window.live, False
            self._arrive(event.query)
        elif resumes:
            count = len(messages(self._conversation))
            text = ngettext("more than {count} message is unread", "more than {count} messages are unread", count)
            self.tell(text.format(count=count))
        elif not event.failed:
            self.post_message(self.NothingFound())

    def _arrive(self, query: Query) -> None:
        """Show the first message that a query found, among the messages of the window."""
        number = self._conversation.first
        if isinstance(query, Newer):
            number = first_of_another(self._conversation) or number
            self._conversation.divide(number)
        self.show_from(0 if query == OLDEST else self._start_of(number))
        if isinstance(query, From) and query != OLDEST:
            self._choose(number)
        self._arrival = number, self._top

    def _choose(self, number: int) -> None:
        self._chosen = number
        self.focus()
        self.action_choose(0)

    def _stay(self, number: int) -> None:
        """Show the message to which the person went: a chosen one in the middle, another one at the top."""
        row, middle = self._start_of(number), self.size.height // 2
        self.scroll_to(y=row - middle if number == self._chosen else row, animate=False)

    def _start_of(self, number: int) -> int:
        """Return the row at which a view has to begin to show a message: the one above, if the name covers its text."""
        row, said = self._conversation.row_of(number), self._conversation.rows(number)
        if not said:  # it is hidden
            return row
        return row - (self._conversation.named_row(number, 0).body != said[0].body)

    def _moved(self, *, more: bool) -> None:
        """Forget what belongs to the items that were in the window before."""
        self._strips.clear_items()
        self._origin, self._chosen = 0, None
        if self.text_selection:
            self.screen.clear_selection()
        self._older, self._newer = Fetch.WANTED if more else Fetch.ABSENT, Fetch.WANTED

    def _add_newer(self, event: HistoryListed) -> None:
        self._newer = Fetch.FAILED if event.failed else Fetch.WANTED
        start = self._conversation.end
        if event.messages:
            self._window.add_newer(event.messages)
            self._fetched(start)
        elif not event.failed:  # the archive is behind the room, and the person asks again by scrolling
            self._newer = Fetch.FAILED
        self.show_from(self._trim(self._top))

    def _join(self) -> bool:
        """Join the newest messages to the window, if nothing is between them. Return whether the window is live."""
        start = self._conversation.end
        live = self._window.join()
        self._fetched(start)
        return live

    def _fetched(self, start: int) -> None:
        """Count the messages that came into the window at its end, from a number on, as not seen if they are new."""
        items = [self._conversation.item(number) for number in range(start, self._conversation.end)]
        self._unseen.fetch(items, start)

    def _trim(self, top: int) -> int:
        """Keep the window small, and return the row at which the view begins then."""
        if not self._window.too_large:
            return top
        first, end, newest = self._conversation.first, self._conversation.end, self._conversation.end - 1
        view = (newest, newest) if self._following else (self._conversation.locate(top)[0], self._last_in_view)
        gone = self._window.trim(*view)
        if self._conversation.first > first:
            self._older = Fetch.WANTED
            self._unseen.forget(self._conversation.first)
        if self._conversation.end < end:
            self._newer = Fetch.WANTED
            self._unseen.drop(self._conversation.end)
        if self._chosen is not None and not self._conversation.first <= self._chosen < self._conversation.end:
            self._chosen = None
        self._strips.clear_items()
        self._origin -= gone
        return top - gone

    def _retry_newer(self) -> None:
        if self._newer is Fetch.FAILED:
            self._newer = Fetch.WANTED
            self.view_changed()
