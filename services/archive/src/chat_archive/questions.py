"""Answers questions about what is recorded; every replica does."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_archive.domain import cut_page, holds, page_size, wanted_words
from chat_archive.errors import IndexFailed, IndexUnavailable
from chat_archive.index import Index
from chat_tokens.tokens import Claims, verify
from chat_wire.codec import decode, encode
from chat_wire.errors import UnknownRoom, WireError
from chat_wire.limits import SESSION_MEMORY_SECONDS
from chat_wire.messages import History, Mine, Page, Position, Recorded, Search, post_id
from chat_worker.clock import now
from chat_worker.dead import dead_letter, refusal, reply
from chat_worker.delivery import Delivery
from chat_worker.errors import NoInbox
from chat_worker.revoked import RevokedSessions

log = structlog.get_logger()

SESSION_MEMORY = SESSION_MEMORY_SECONDS * 1_000_000
Question = History | Mine | Search
QUESTIONS: tuple[type[Question], ...] = (History, Mine, Search)
# A word of every fifth post fills a client's page from so many; a database takes long to find those of all times.
LATELY = 500


class Questions:
    """What clients may ask, if their token is good and their session has not ended."""

    def __init__(self, index: Index, public_key: str, ended: RevokedSessions) -> None:
        self._index = index
        self._public_key = public_key
        self._ended = ended

    def handle(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """An answer to each question, a refusal to each that is out of order."""
        return [publication for delivery in deliveries for publication in self._answer(delivery)]

    def _answer(self, delivery: Delivery) -> list[Publication]:
        if not topology.is_inbox(delivery.reply_to):
            return [dead_letter(delivery, NoInbox("the question names no inbox in reply_to to answer to"))]
        try:
            question = decode(delivery.body, *QUESTIONS)
        except WireError as error:
            return [dead_letter(delivery, error), *refusal(delivery, None, error)]
        try:
            page = self._page(question)
        except WireError as error:
            log.warning("question.refused", question=question.type, reason=error.reason, error=str(error))
            return refusal(delivery, question.request, error)
        return reply(delivery.reply_to, encode(page))

    def _page(self, question: Question) -> Page:
        claims = verify(question.token, self._public_key, now())
        self._ended.check(claims.session)
        room = topology.ROOMS[0] if isinstance(question, Mine) else question.room
        if room not in topology.ROOMS:
            raise UnknownRoom(f"there is no room {room!r:.80}")
        try:
            match question:
                case History():
                    return self._history(question)
                case Mine():
                    return self._mine(question, claims)
                case Search():
                    return self._search(question)
        except IndexFailed as error:
            log.error("index.failed", error=str(error))
            raise IndexUnavailable("the archive cannot be asked at the moment: try again later") from error

    def _history(self, question: History) -> Page:
        """The position is where the page ends: the stream goes on from there without a gap, and nothing comes twice."""
        # First: what is recorded meanwhile must not count as heard by who reads on from the position.
        last = self._index.last_of_sessions(question.room, now() - SESSION_MEMORY) if question.before is None else {}
        most = page_size(question.limit)
        messages, more = cut_page(self._index.history(question.room, question.before, most + 1), most)
        newest = messages[0] if messages else None
        position = Position(offset=newest.offset, id=post_id(newest.session, newest.sequence)) if newest else None
        return replace(_page(question, messages[::-1], more, position), last=last)

    def _mine(self, question: Mine, claims: Claims) -> Page:
        """The position is read first: what is recorded up to there is on the page."""
        position = self._index.position(topology.ROOMS[0])
        most = page_size(question.limit)
        messages, more = cut_page(self._index.mine(claims.author, claims.name, question.after, most + 1), most)
        return _page(question, messages, more, position)

    def _search(self, question: Search) -> Page:
        """What has been said lately is looked through first: of words that are in use, that is enough for a page."""
        wanted, most = wanted_words(question.words), page_size(question.limit)
        lately = self._index.history(question.room, question.before, LATELY)
        found = [post for post in lately if holds(post.text, wanted)]
        if len(found) <= most and len(lately) == LATELY:
            found += self._index.search(question.room, wanted, lately[-1].number, most + 1 - len(found))
        messages, more = cut_page(found[: most + 1], most)
        return _page(question, messages[::-1], more, None)


def _page(question: Question, messages: Sequence[Recorded], more: bool, position: Position | None) -> Page:
    log.info("question.answered", question=question.type, count=len(messages), more=more)
    return Page(request=question.request, messages=tuple(messages), more=more, position=position)
