"""Answers to questions about recorded posts, from the index."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from chat_amqp import topology
from chat_archive.asked import Asked, Question
from chat_archive.errors import IndexFailed, IndexUnavailable
from chat_archive.exports import check_whole, exported
from chat_archive.index import Index
from chat_archive.owners import authors_of
from chat_archive.pages import cut_page, page_limit
from chat_archive.query import parse_query
from chat_archive.room_pages import names_place, posts_near
from chat_archive.search import search
from chat_wire.errors import UnknownRoom
from chat_wire.limits import SESSION_MEMORY_SECONDS
from chat_wire.messages import Export, Exported, History, Mine, Page, Position, Recorded, Search, post_id
from chat_wire.units import SECOND
from chat_worker.clock import now

log = structlog.get_logger()

SESSION_MEMORY = SESSION_MEMORY_SECONDS * SECOND


class Answers:
    """Looks up the answers to questions that may be asked."""

    def __init__(self, index: Index, log_path: Path) -> None:
        """Prepare to answer.

        Args:
            index: The recorded posts.
            log_path: The path of log.txt.
        """
        self._index = index
        self._log_path = log_path

    def page(self, question: Question, asked: Asked) -> Page:
        """Return the posts that somebody asks for, without their authors.

        Args:
            question: The question.
            asked: The asker and the room.

        Raises:
            WireError: The room does not exist, a search is invalid, or the archive cannot answer now.
        """
        _check_room(asked.room)
        try:
            page = self._looked_up(question, asked)
        except IndexFailed as error:
            raise _unavailable(error) from error
        _log_answer(question, len(page.messages), page.more)
        return page

    def exported(self, question: Export) -> Exported:
        """Return the posts that an operator asks for, as they are recorded.

        Args:
            question: The question.

        Raises:
            WireError: The room does not exist, or the archive cannot answer now.
        """
        _check_room(question.room or topology.ROOMS[0])
        try:
            check_whole(self._index, self._log_path)
            answer = exported(self._index, question)
        except IndexFailed as error:
            raise _unavailable(error) from error
        _log_answer(question, len(answer.messages), answer.through < answer.newest)
        return answer

    def _looked_up(self, question: Question, asked: Asked) -> Page:
        match question:
            case History():
                return self._history(question, asked.room)
            case Mine():
                return self._mine(question, asked)
            case Search():
                return self._search(question, asked.room)

    def _history(self, question: History, room: str) -> Page:
        """Return the posts near a place, or those before a number.

        The latter come with the position where the stream goes on without gap or repetition.
        """
        if names_place(question):
            return replace(_page(question, *posts_near(self._index, question, room), None), placed=True)
        # Before the posts: a client that reads on from the position must not count later posts as received.
        last = self._index.recent_sequences(room, now() - SESSION_MEMORY) if question.before is None else {}
        limit = page_limit(question.limit)
        messages, more = cut_page(self._index.history(room, question.before, limit + 1), limit)
        newest = messages[0] if messages else None
        position = Position(offset=newest.offset, id=post_id(newest.session, newest.sequence)) if newest else None
        return replace(_page(question, messages[::-1], more, position), last=last)

    def _mine(self, question: Mine, asked: Asked) -> Page:
        """Return the asker's own posts. The position comes first, so the page has everything recorded up to it."""
        position = self._index.position(asked.room)
        limit = page_limit(question.limit)
        found = self._index.sent_by(authors_of(asked.author, asked.name), asked.name, question.after, limit + 1)
        messages, more = cut_page(found, limit)
        return _page(question, messages, more, position)

    def _search(self, question: Search, room: str) -> Page:
        limit = page_limit(question.limit)
        found, more = search(self._index, room, parse_query(question.words), question.before, limit)
        messages, cut = cut_page(found, limit)
        return _page(question, messages[::-1], more or cut, None)


def _check_room(room: str) -> None:
    if room not in topology.ROOMS:
        raise UnknownRoom(f"the room {room!r:.80} does not exist: ask about another room")


def _unavailable(error: IndexFailed) -> IndexUnavailable:
    log.error("index.failed", error=str(error))
    return IndexUnavailable("the archive cannot answer at the moment: try again later")


def _log_answer(question: Question | Export, count: int, more: bool) -> None:
    log.info("question.answered", question=question.type, count=count, more=more)


def _page(question: Question, messages: Sequence[Recorded], more: bool, position: Position | None) -> Page:
    return Page(request=question.request, messages=tuple(messages), more=more, position=position)
