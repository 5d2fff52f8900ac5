"""The requests for messages of the archive: pages of the room, and a search."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from chat_amqp import topology
from chat_client.events import Event, HistoryListed, Remark, SearchListed
from chat_client.language import _
from chat_client.member_link import MemberLink
from chat_client.places import From, Newer, Older, Place, Query, Since
from chat_client.reader import as_received
from chat_client.requests import PendingRequests, Request
from chat_wire.messages import Granted, History, Page, Recorded, Search

PAGE = 100
ANSWER_SECONDS = 5.0


class HistoryRequest(Request[Page]):
    """Asks the archive one query of the room's history."""

    exchange = topology.QUESTIONS.name
    expects = Page

    def __init__(self, query: Query, room: str, pending: PendingRequests, emit: Callable[[Event], None]) -> None:
        """Prepare the request.

        Args:
            query: The query.
            room: The room's name.
            pending: Keeps the request until it is answered.
            emit: Receives HistoryListed.
        """
        super().__init__(pending, emit)
        self.query = query
        self.key = topology.question_key(room)
        self._before: int | None = None  # continues a query that an archive of the last version did not understand

    def ask(self, now: float) -> None:
        """Ask the archive, for 5 s at most."""
        self._pending.add(self, due=now, give_up=now + ANSWER_SECONDS)

    def message(self, id: str, grant: Granted) -> History:
        """Return the message that asks for the page."""
        question = History(request=id, card=grant.card, before=self._before, limit=PAGE)
        return question if self._before is not None else _asking(question, self.query)

    def answered(self, answer: Page, link: MemberLink, now: float) -> None:
        """Report the messages of the page.

        An archive of the last version knows only numbers. It answers any other query with its newest page.
        """
        if answer.placed or self._is_known_to_all():
            self._report(answer.messages, more=answer.more)
        elif isinstance(self.query, Older) and self.query.place:
            self._answered_newest(answer, self.query.place, now)
        else:
            self.refused(_("the archive is too old for this: ask the operator to upgrade it"), link)

    def refused(self, text: str, _link: MemberLink) -> None:
        """Report the reason; the person may ask again."""
        self._emit(Remark(text=text))
        self._emit(HistoryListed(query=self.query, messages=(), more=True, failed=True))

    def given_up(self, link: MemberLink) -> None:
        """Report that the archive does not answer."""
        self.refused(_no_answer(), link)

    def _is_known_to_all(self) -> bool:
        """Return whether archives of the last version understand the query."""
        return isinstance(self.query, Older) and (self.query.place is None or self.query.place.number is not None)

    def _answered_newest(self, answer: Page, place: Place, now: float) -> None:
        """Report the messages before a place. If the page has only others, ask for the page before it."""
        older = [each for each in answer.messages if (each.offset, each.index) < (place.offset, place.index)]
        if older or not answer.more:
            self._report(older, more=answer.more)
        else:
            self._before = answer.messages[0].number
            self.ask(now)

    def _report(self, messages: Sequence[Recorded], *, more: bool) -> None:
        self._emit(HistoryListed(query=self.query, messages=tuple(map(as_received, messages)), more=more))


class HistoryRequests:
    """The queries of the room's history that wait for their answers."""

    def __init__(self, room: str, pending: PendingRequests, emit: Callable[[Event], None]) -> None:
        """Start without queries.

        Args:
            room: The room's name.
            pending: Keeps the requests until they are answered.
            emit: Receives HistoryListed.
        """
        self._room = room
        self._pending = pending
        self._emit = emit
        self._asked: list[HistoryRequest] = []

    @property
    def waiting(self) -> bool:
        """Whether a query waits for its answer."""
        self._asked = [request for request in self._asked if request.waiting]
        return bool(self._asked)

    def ask(self, query: Query, now: float) -> None:
        """Ask a query, unless it waits for its answer already."""
        if not (self.waiting and any(request.query == query for request in self._asked)):
            self._asked.append(HistoryRequest(query, self._room, self._pending, self._emit))
            self._asked[-1].ask(now)


def _asking(question: History, query: Query) -> History:
    """Return a question for the newest page as one for another query."""
    match query:
        case Older(Place(offset, index, None)):
            return replace(question, before_offset=offset, before_index=index)
        case Older(Place(number=number)):
            return replace(question, before=number)
        case Newer(Place(offset, index, None)):
            return replace(question, after_offset=offset, after_index=index)
        case Newer(Place(number=number)):
            return replace(question, after=number)
        case From(number):
            return replace(question, after=number - 1)
        case Since(at):
            return replace(question, since=at)
        case Older():
            return question
        case _:
            assert_never(query)


class SearchRequest(Request[Page]):
    """Asks the archive for the newest messages that have all words, then for those before them."""

    exchange = topology.QUESTIONS.name
    expects = Page

    def __init__(self, room: str, pending: PendingRequests, emit: Callable[[Event], None]) -> None:
        """Prepare the request.

        Args:
            room: The room to search.
            pending: Keeps the request until it is answered.
            emit: Receives SearchListed.
        """
        super().__init__(pending, emit)
        self.key = topology.question_key(room)
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
        return Search(request=id, card=grant.card, words=self._words, before=self._before, limit=PAGE)

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
