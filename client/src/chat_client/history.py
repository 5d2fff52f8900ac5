"""The requests for earlier messages: the pages of the room, and a search."""

from collections.abc import Callable

from chat_amqp import topology
from chat_client.events import Event, OlderListed, Remark, SearchListed
from chat_client.language import _
from chat_client.member_link import MemberLink
from chat_client.reader import PostPosition, as_received
from chat_client.requests import PendingRequests, Request
from chat_client.room_follower import RoomFollower
from chat_wire.messages import Granted, History, Page, Search

PAGE = 100
ANSWER_SECONDS = 5.0


class OlderRequest(Request[Page]):
    """Asks the archive for the page before the oldest message that the session reported."""

    queue = topology.QUERIES
    expects = Page

    def __init__(self, room: RoomFollower, pending: PendingRequests, emit: Callable[[Event], None]) -> None:
        """Prepare the request.

        Args:
            room: Knows the first post that it reported from the room's stream.
            pending: Keeps the request until it is answered.
            emit: Receives OlderListed.
        """
        super().__init__(pending, emit)
        self._room = room
        self._oldest: int | None = None  # the number of the oldest message reported
        self._first: PostPosition | None = None  # its position, while its number is not known
        self._has_older = True

    def recalled(self, page: Page) -> None:
        """Note that the newest page of the room is reported."""
        self._has_older = page.more
        self._oldest = page.messages[0].number if page.messages else None

    def ask(self, now: float) -> None:
        """Ask for the page, unless the request waits for its answer already or no older message exists."""
        self._first = self._room.first if self._oldest is None else None
        if not self._has_older:
            self._emit(OlderListed(messages=(), more=False))
        elif not self.waiting:
            self._ask(now)

    def message(self, id: str, grant: Granted) -> History:
        """Return the message that asks for the page."""
        return History(request=id, token=grant.token, room=self._room.name, before=self._oldest, limit=PAGE)

    def answered(self, answer: Page, _link: MemberLink, now: float) -> None:
        """Report the messages of a page that were not reported before. If all of them were, ask for the next page."""
        older = [each for each in answer.messages if self._is_older((each.offset, each.index))]
        if answer.messages:
            self._oldest = answer.messages[0].number
        self._has_older = answer.more
        if older or not answer.more:
            self._emit(OlderListed(messages=tuple(map(as_received, older)), more=answer.more))
        else:
            self._ask(now)

    def refused(self, text: str, _link: MemberLink) -> None:
        """Report the reason; the person may ask again."""
        self._emit(Remark(text=text))
        self._emit(OlderListed(messages=(), more=True))

    def given_up(self, link: MemberLink) -> None:
        """Report that the archive does not answer."""
        self.refused(_no_answer(), link)

    def _is_older(self, position: PostPosition) -> bool:
        return self._first is None or position < self._first

    def _ask(self, now: float) -> None:
        self._pending.add(self, due=now, give_up=now + ANSWER_SECONDS)


class SearchRequest(Request[Page]):
    """Asks the archive for the newest messages that have all words, then for those before them."""

    queue = topology.QUERIES
    expects = Page

    def __init__(self, room: str, pending: PendingRequests, emit: Callable[[Event], None]) -> None:
        """Prepare the request.

        Args:
            room: The room to search.
            pending: Keeps the request until it is answered.
            emit: Receives SearchListed.
        """
        super().__init__(pending, emit)
        self._room = room
        self._words = ""
        self._before: int | None = None  # the number of the oldest message found

    def ask(self, words: str, now: float) -> None:
        """Search for words. Cancel the search before, if it waits for its answer."""
        self._pending.cancel(self)
        self._words, self._before = words, None
        self._ask(now)

    def ask_more(self, now: float) -> None:
        """Ask for the messages before those found, unless the request waits for its answer already."""
        if not self.waiting:
            self._ask(now)

    def message(self, id: str, grant: Granted) -> Search:
        """Return the message that asks for the next page."""
        return Search(
            request=id,
            token=grant.token,
            room=self._room,
            words=self._words,
            before=self._before,
            limit=PAGE,
        )

    def answered(self, answer: Page, _link: MemberLink, _now: float) -> None:
        """Report the messages found."""
        if answer.messages:
            self._before = answer.messages[0].number
        messages = tuple(map(as_received, answer.messages))
        self._emit(SearchListed(words=self._words, messages=messages, more=answer.more))

    def refused(self, text: str, _link: MemberLink) -> None:
        """Report the reason; the person may ask again."""
        self._emit(Remark(text=text))
        self._emit(SearchListed(words=self._words, messages=(), more=True))

    def given_up(self, link: MemberLink) -> None:
        """Report that the archive does not answer."""
        self.refused(_no_answer(), link)

    def _ask(self, now: float) -> None:
        self._pending.add(self, due=now, give_up=now + ANSWER_SECONDS)


def _no_answer() -> str:
    return _("the archive does not answer: try again later")
