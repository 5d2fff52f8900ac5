"""What was said earlier: older pages of the room, and what a search finds, asked of the archive."""

import secrets
from collections.abc import Callable

from chat_client.domain import said
from chat_client.events import Event, OlderListed, Remark, SearchListed
from chat_client.language import _
from chat_client.requests import Requests
from chat_wire.messages import History, Page, Search

PAGE = 100
ANSWER_SECONDS = 5.0

Position = tuple[int, int]


class Browsing:
    """Asks for one page at a time, each of what is older than the one before."""

    def __init__(self, room: str, requests: Requests, emit: Callable[[Event], None]) -> None:
        self._room = room
        self._requests = requests
        self._emit = emit
        self._oldest: int | None = None  # the number of the oldest post told
        self._first: Position | None = None  # where it stands, as long as its number is not known
        self._has_older = True
        self._words = ""
        self._found_from: int | None = None

    @property
    def busy(self) -> bool:
        """Whether a page is being waited for."""
        return self._requests.waiting(History, Search)

    def recalled(self, page: Page) -> None:
        """The newest page of the room has been told."""
        self._has_older = page.more
        self._oldest = page.messages[0].number if page.messages else None

    def older(self, first: Position | None, now: float) -> None:
        """Ask for what was said before all that was told. `first` is where the first post told stands.

        Unless it is being asked for, or there is nothing.
        """
        self._first = first if self._oldest is None else None
        if not self._has_older:
            self._emit(OlderListed(messages=(), more=False))
        elif not self._requests.waiting(History):
            self._ask_older(now)

    def search(self, words: str, now: float) -> None:
        """Ask for the newest posts that hold all words, instead of what was searched for before."""
        self._requests.drop(Search)
        self._words, self._found_from = words, None
        self._ask_search(now)

    def search_more(self, now: float) -> None:
        """Ask for the posts before those found."""
        if not self._requests.waiting(Search):
            self._ask_search(now)

    def page(self, question: History | Search, page: Page, now: float) -> None:
        """Tell a page; ask for the next if all of it was told before."""
        if isinstance(question, Search):
            self._found_from = page.messages[0].number if page.messages else question.before
            messages = tuple(said(message) for message in page.messages)
            self._emit(SearchListed(words=question.words, messages=messages, more=page.more))
            return
        older = [each for each in page.messages if self._is_older(each.offset, each.index)]
        if page.messages:
            self._oldest = page.messages[0].number
        self._has_older = page.more
        if older or not page.more:
            self._emit(OlderListed(messages=tuple(said(each) for each in older), more=page.more))
        else:
            self._ask_older(now)

    def given_up(self, question: History | Search) -> None:
        """The archive did not answer."""
        self.refused(question, _("the archive does not answer: try again later"))

    def refused(self, question: History | Search, text: str) -> None:
        """The archive did not take the question."""
        self._emit(Remark(text=text))
        if isinstance(question, History):
            self._emit(OlderListed(messages=(), more=True))
        else:
            self._emit(SearchListed(words=question.words, messages=(), more=True))

    def _is_older(self, offset: int, index: int) -> bool:
        return self._first is None or (offset, index) < self._first

    def _ask_older(self, now: float) -> None:
        question = History(request=_new_request(), token="", room=self._room, before=self._oldest, limit=PAGE)
        self._requests.ask(question, due=now, give_up=now + ANSWER_SECONDS)

    def _ask_search(self, now: float) -> None:
        question = Search(
            request=_new_request(),
            token="",
            room=self._room,
            words=self._words,
            before=self._found_from,
            limit=PAGE,
        )
        self._requests.ask(question, due=now, give_up=now + ANSWER_SECONDS)


def _new_request() -> str:
    return secrets.token_hex(16)
