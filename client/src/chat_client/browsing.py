"""The questions for earlier messages: the room page by page, and a search."""

from collections.abc import Callable

from chat_amqp import topology
from chat_client.events import Event, OlderListed, Remark, SearchListed
from chat_client.language import _
from chat_client.member_link import MemberLink
from chat_client.reader import PostPosition, as_received
from chat_client.requests import Question, Requests
from chat_client.room_follower import RoomFollower
from chat_wire.messages import Granted, History, Page, Search

PAGE = 100
ANSWER_SECONDS = 5.0


class OlderQuestion(Question[Page]):
    """Asks the archive for the page before the oldest message told."""

    queue = topology.QUERIES
    expects = Page

    def __init__(self, room: RoomFollower, requests: Requests, emit: Callable[[Event], None]) -> None:
        """Make the question.

        Args:
            room: Knows the first post that the room's stream has told.
            requests: Sends the question.
            emit: Receives OlderListed.
        """
        super().__init__(requests, emit)
        self._room = room
        self._oldest: int | None = None  # the number of the oldest message told
        self._first: PostPosition | None = None  # its position, as long as its number is not known
        self._has_older = True

    def recalled(self, page: Page) -> None:
        """Note that the newest page of the room has been told."""
        self._has_older = page.more
        self._oldest = page.messages[0].number if page.messages else None

    def ask(self, now: float) -> None:
        """Ask for the page, unless it is being waited for or there is none."""
        self._first = self._room.first if self._oldest is None else None
        if not self._has_older:
            self._emit(OlderListed(messages=(), more=False))
        elif not self.waiting:
            self._ask(now)

    def message(self, request: str, grant: Granted) -> History:
        """Return the question for the page."""
        return History(request=request, token=grant.token, room=self._room.name, before=self._oldest, limit=PAGE)

    def answered(self, answer: Page, _link: MemberLink, now: float) -> None:
        """Tell a page; ask for the next if all of it was told before."""
        older = [each for each in answer.messages if self._is_older((each.offset, each.index))]
        if answer.messages:
            self._oldest = answer.messages[0].number
        self._has_older = answer.more
        if older or not answer.more:
            self._emit(OlderListed(messages=tuple(map(as_received, older)), more=answer.more))
        else:
            self._ask(now)

    def refused(self, text: str, _link: MemberLink) -> None:
        """Tell the reason; the person may ask again."""
        self._emit(Remark(text=text))
        self._emit(OlderListed(messages=(), more=True))

    def given_up(self, link: MemberLink) -> None:
        """Tell that the archive does not answer."""
        self.refused(_no_answer(), link)

    def _is_older(self, position: PostPosition) -> bool:
        return self._first is None or position < self._first

    def _ask(self, now: float) -> None:
        self._requests.ask(self, due=now, give_up=now + ANSWER_SECONDS)


class SearchQuestion(Question[Page]):
    """Asks the archive for the newest messages that have all words, then for those before them."""

    queue = topology.QUERIES
    expects = Page

    def __init__(self, room: str, requests: Requests, emit: Callable[[Event], None]) -> None:
        """Make the question.

        Args:
            room: The room to search.
            requests: Sends the question.
            emit: Receives SearchListed.
        """
        super().__init__(requests, emit)
        self._room = room
        self._words = ""
        self._before: int | None = None  # the number of the oldest message found

    def ask(self, words: str, now: float) -> None:
        """Search for words; an unanswered search before is dropped."""
        self._requests.drop(self)
        self._words, self._before = words, None
        self._ask(now)

    def ask_more(self, now: float) -> None:
        """Ask for the messages before those found."""
        if not self.waiting:
            self._ask(now)

    def message(self, request: str, grant: Granted) -> Search:
        """Return the question for the next page."""
        return Search(
            request=request,
            token=grant.token,
            room=self._room,
            words=self._words,
            before=self._before,
            limit=PAGE,
        )

    def answered(self, answer: Page, _link: MemberLink, _now: float) -> None:
        """Tell the messages found."""
        if answer.messages:
            self._before = answer.messages[0].number
        messages = tuple(map(as_received, answer.messages))
        self._emit(SearchListed(words=self._words, messages=messages, more=answer.more))

    def refused(self, text: str, _link: MemberLink) -> None:
        """Tell the reason; the person may ask again."""
        self._emit(Remark(text=text))
        self._emit(SearchListed(words=self._words, messages=(), more=True))

    def given_up(self, link: MemberLink) -> None:
        """Tell that the archive does not answer."""
        self.refused(_no_answer(), link)

    def _ask(self, now: float) -> None:
        self._requests.ask(self, due=now, give_up=now + ANSWER_SECONDS)


def _no_answer() -> str:
    return _("the archive does not answer: try again later")
