"""The window of the room: the stretch of its history that the client holds, without gaps.

The window is bounded. It follows the room at its live end, or it is detached from it: then newer messages are not in
the window, and only the newest of them are kept, to return to the live end at once.
"""

from collections import deque
from collections.abc import Iterator, Sequence

from chat_client.events import MessageReceived
from chat_client.fullscreen.conversation import Conversation
from chat_client.fullscreen.identity import Identity, identity
from chat_client.fullscreen.items import Item
from chat_client.places import Newer, Older, Place

BOUND = 10_000
NEWEST = 1_000


class Window:
    """Keeps a conversation within its bound, and joins the archive's pages to it.

    Attributes:
        live: Whether the window reaches to the newest item of the room.
    """

    def __init__(self, conversation: Conversation, bound: int = BOUND, newest: int = NEWEST) -> None:
        """Start with an empty window at the live end.

        Args:
            conversation: Holds the items of the window.
            bound: The largest number of items, at least three chunks.
            newest: How many of the newest items of the room are kept while the window is detached.
        """
        self._conversation = conversation
        self._bound = bound
        self._newest: deque[Item] = deque(maxlen=newest)
        self._fetched: set[Identity] = set()  # newest messages of the archive that the stream may report as well
        self.live = True

    @property
    def older(self) -> Older:
        """The query for the messages before the window."""
        return Older(next(self._places(range(self._conversation.first, self._conversation.end)), None))

    @property
    def newer(self) -> Newer | None:
        """The query for the messages after the window; None at the live end."""
        places = self._places(range(self._conversation.end - 1, self._conversation.first - 1, -1))
        place = None if self.live else next(places, None)
        return Newer(place) if place else None

    @property
    def too_large(self) -> bool:
        """Whether the window has more items than its bound."""
        return self._conversation.end - self._conversation.first > self._bound

    @property
    def newest_place(self) -> Place | None:
        """The place of the newest message of the room."""
        return next((each.place for each in reversed(self._newest) if isinstance(each, MessageReceived)), None)

    def receive(self, items: Sequence[Item]) -> Sequence[Item]:
        """Take items that have arrived in the room. They are in the window if it is live.

        Returns:
            The items without the messages that the archive has reported already.
        """
        self._conversation.receive(items)
        if self._fetched:
            items = [item for item in items if identity(item) not in self._fetched]
        self._newest.extend(items)
        if self.live:
            self._conversation.extend(items)
        return items

    def add_older(self, messages: Sequence[MessageReceived], *, more: bool) -> None:
        """Add the answer to `older`."""
        if self.older.place is None:  # messages may have arrived since
            held = set(map(identity, self._conversation.items()))
            messages = [message for message in messages if identity(message) not in held]
            self._fetched = set(map(identity, messages))
        self._conversation.prepend(messages, more=more)

    def add_newer(self, messages: Sequence[MessageReceived]) -> None:
        """Add the answer to `newer`, and join the live end if it reaches that."""
        kept = set(map(identity, self._newest))
        known = next((at for at, message in enumerate(messages) if identity(message) in kept), len(messages) - 1)
        self._conversation.extend(messages[: known + 1])
        self.join()

    def open(self, messages: Sequence[MessageReceived], *, more: bool = True) -> None:
        """Hold consecutive messages from elsewhere in the room instead. Without `more`, there are no older ones."""
        self._detach()
        self._conversation.clear()
        self.add_newer(messages)
        if not more:
            self._conversation.prepend([], more=False)

    def go_live(self) -> None:
        """Hold the newest items of the room."""
        if not self.live:
            self._conversation.clear()
            self._conversation.extend(list(self._newest))
            self._attach()

    def join(self) -> bool:
        """Become live if the last item is one of the newest, with those after it. Return whether the window is live."""
        if self.live or self._conversation.first == self._conversation.end:
            return self.live
        last = identity(self._conversation.item(self._conversation.end - 1))
        newest = list(self._newest)
        at = next((at for at, item in enumerate(newest) if identity(item) == last), None)
        if at is not None:
            self._conversation.extend(newest[at + 1 :])
            self._attach()
        return self.live

    def trim(self, first: int, last: int) -> int:
        """Drop items at the end that is farther from the view, as long as there are too many.

        Args:
            first: The number of the first item in view.
            last: The number of the last item in view.

        Returns:
            How many rows are gone above the view.
        """
        rows, conversation = 0, self._conversation
        while self.too_large:
            if first - conversation.first >= conversation.end - 1 - last:
                rows += conversation.drop_oldest()
            else:
                conversation.drop_newest()
                self._detach()
        return rows

    def _attach(self) -> None:
        self.live = True
        self._conversation.attached = True

    def _detach(self) -> None:
        self.live = False
        self._conversation.attached = False

    def _places(self, numbers: range) -> Iterator[Place]:
        for item in map(self._conversation.item, numbers):
            if isinstance(item, MessageReceived) and item.place:
                yield item.place
