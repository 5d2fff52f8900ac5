"""Answers questions about recorded posts; every replica does."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from chat_amqp import former, topology, traces
from chat_amqp.publisher import Publication
from chat_archive.errors import IndexFailed, IndexUnavailable
from chat_archive.exports import check_whole, exported
from chat_archive.index import Index
from chat_archive.metrics import QUESTION_SECONDS
from chat_archive.pages import cut_page, page_limit
from chat_archive.query import parse_query
from chat_archive.room_pages import names_place, posts_near
from chat_archive.search import search
from chat_tokens.tokens import Claims, verify
from chat_wire.codec import decode, encode
from chat_wire.errors import UnknownRoom, WireError
from chat_wire.limits import SESSION_MEMORY_SECONDS
from chat_wire.messages import Export, Exported, History, Mine, Page, Position, Recorded, Search, post_id
from chat_wire.units import SECOND
from chat_worker.clock import now
from chat_worker.dead import dead_letter
from chat_worker.delivery import Delivery
from chat_worker.errors import NoInbox
from chat_worker.replies import refusal, reply
from chat_worker.revoked import RevokedSessions
from chat_worker.tracing import handling

log = structlog.get_logger()

SESSION_MEMORY = SESSION_MEMORY_SECONDS * SECOND
Question = History | Mine | Search
FROM_CLIENTS: tuple[type[Question | Export], ...] = (History, Mine, Search)
FROM_OPERATORS: tuple[type[Question | Export], ...] = (Export,)


class ArchiveQuestions:
    """Answers the questions of clients whose token is valid and whose session has not ended, and those of operators."""

    def __init__(self, index: Index, log_path: Path, public_key: str, revoked: RevokedSessions) -> None:
        """Make the handler.

        Args:
            index: The recorded posts.
            log_path: The path of log.txt.
            public_key: Verifies tokens; PEM.
            revoked: The sessions that ended before their tokens expire.
        """
        self._index = index
        self._log_path = log_path
        self._public_key = public_key
        self._revoked = revoked

    def handle(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """Answer each question, and refuse each that is invalid.

        Args:
            deliveries: Deliveries of `archive.queries`.

        Returns:
            A `Page`, `Exported` or `Refused` for the inbox in each delivery's reply_to. An undecodable question, or
            one without an inbox, also becomes a dead letter.
        """
        return [publication for delivery in deliveries for publication in self._traced_answer(delivery)]

    def _traced_answer(self, delivery: Delivery) -> list[Publication]:
        with handling(delivery.queue, delivery.headers.get(traces.HEADER)):
            return self._answer(delivery)

    def _answer(self, delivery: Delivery) -> list[Publication]:
        if not former.is_inbox(delivery.reply_to):
            return [dead_letter(delivery, NoInbox("reply_to does not name an inbox: set it to your client's inbox"))]
        # The broker names the exchange, so a client cannot pass for an operator.
        accepted = FROM_OPERATORS if delivery.exchange == topology.OPERATOR.name else FROM_CLIENTS
        try:
            question = decode(delivery.body, *accepted)
        except WireError as error:
            return [dead_letter(delivery, error), *refusal(delivery, None, error)]
        try:
            with QUESTION_SECONDS.labels(question.type).time():
                answer = self._looked_up(question)
        except WireError as error:
            log.warning("question.refused", question=question.type, reason=error.reason, error=str(error))
            return refusal(delivery, question.request, error)
        return reply(delivery.reply_to, encode(answer))

    def _looked_up(self, question: Question | Export) -> Page | Exported:
        try:
            return self._exported(question) if isinstance(question, Export) else self._page(question)
        except IndexFailed as error:
            log.error("index.failed", error=str(error))
            raise IndexUnavailable("the archive cannot answer at the moment: try again later") from error

    def _exported(self, question: Export) -> Exported:
        _check_room(question.room or topology.ROOMS[0])
        check_whole(self._index, self._log_path)
        answer = exported(self._index, question)
        _log_answer(question, len(answer.messages), answer.through < answer.newest)
        return answer

    def _page(self, question: Question) -> Page:
        claims = verify(question.token, self._public_key, now())
        self._revoked.check(claims.session)
        _check_room(topology.ROOMS[0] if isinstance(question, Mine) else question.room)
        match question:
            case History():
                return self._history(question)
            case Mine():
                return self._mine(question, claims)
            case Search():
                return self._search(question)

    def _history(self, question: History) -> Page:
        """Return the posts near a place, or those before a number.

        The latter come with the position where the stream goes on without gap or repetition.
        """
        if names_place(question):
            return replace(_page(question, *posts_near(self._index, question), None), placed=True)
        # Before the posts: a client that reads on from the position must not count later posts as received.
        last = self._index.recent_sequences(question.room, now() - SESSION_MEMORY) if question.before is None else {}
        limit = page_limit(question.limit)
        messages, more = cut_page(self._index.history(question.room, question.before, limit + 1), limit)
        newest = messages[0] if messages else None
        position = Position(offset=newest.offset, id=post_id(newest.session, newest.sequence)) if newest else None
        return replace(_page(question, messages[::-1], more, position), last=last)

    def _mine(self, question: Mine, claims: Claims) -> Page:
        """Return the asker's own posts. The position comes first, so the page has everything recorded up to it."""
        position = self._index.position(topology.ROOMS[0])
        limit = page_limit(question.limit)
        messages, more = cut_page(self._index.sent_by(claims.author, claims.name, question.after, limit + 1), limit)
        return _page(question, messages, more, position)

    def _search(self, question: Search) -> Page:
        limit = page_limit(question.limit)
        found, more = search(self._index, question.room, parse_query(question.words), question.before, limit)
        messages, cut = cut_page(found, limit)
        return _page(question, messages[::-1], more or cut, None)


def _check_room(room: str) -> None:
    if room not in topology.ROOMS:
        raise UnknownRoom(f"the room {room!r:.80} does not exist: ask about another room")


def _log_answer(question: Question | Export, count: int, more: bool) -> None:
    log.info("question.answered", question=question.type, count=count, more=more)


def _page(question: Question, messages: Sequence[Recorded], more: bool, position: Position | None) -> Page:
    _log_answer(question, len(messages), more)
    return Page(request=question.request, messages=tuple(messages), more=more, position=position)
