"""Takes questions about recorded posts, and refuses those that may not be asked; every replica does."""

from collections.abc import Sequence

import structlog

from chat_amqp import former, topology, traces
from chat_amqp.publisher import Publication
from chat_archive.answers import Answers
from chat_archive.asked import Askers, Question
from chat_archive.errors import TooLong
from chat_archive.metrics import QUESTION_SECONDS
from chat_wire.codec import decode, encode
from chat_wire.errors import WireError
from chat_wire.limits import MAX_REQUEST
from chat_wire.messages import Export, Exported, History, Mine, Page, Search
from chat_worker.delivery import Delivery
from chat_worker.errors import NoInbox
from chat_worker.replies import refusal, reply
from chat_worker.revoked import RevokedSessions
from chat_worker.tracing import handling

log = structlog.get_logger()

# JSON takes up to 12 bytes for a character, and a search may have 4,096; the rest is for the card.
MAX_QUESTION_BYTES = 65_536
FROM_CLIENTS: tuple[type[Question | Export], ...] = (History, Mine, Search)
FROM_OPERATORS: tuple[type[Question | Export], ...] = (Export,)


class ArchiveQuestions:
    """Answers the questions of one kind of clients, unless their session has ended, and those of operators."""

    def __init__(self, answers: Answers, askers: Askers, revoked: RevokedSessions) -> None:
        """Make the handler of a queue.

        Args:
            answers: Looks up the answers.
            askers: The kind of clients whose questions the queue has.
            revoked: The sessions that have ended.
        """
        self._answers = answers
        self._askers = askers
        self._revoked = revoked

    def handle(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """Answer each question, and refuse each that is invalid.

        A refused question leaves nothing but a log line: it may hold a token, and nobody waits for it after 10 s.

        Args:
            deliveries: Deliveries of the queue.

        Returns:
            A `Page`, `Exported` or `Refused` for the address in each delivery's reply_to.
        """
        return [publication for delivery in deliveries for publication in self._traced_answer(delivery)]

    def _traced_answer(self, delivery: Delivery) -> list[Publication]:
        with handling(delivery.queue, delivery.headers.get(traces.HEADER)):
            return self._answer(delivery)

    def _answer(self, delivery: Delivery) -> list[Publication]:
        # The broker names the exchange, so a client cannot pass for an operator.
        by_operator = delivery.exchange == topology.OPERATOR.name
        request, kind = None, "unknown"
        try:
            self._check_address(delivery, by_operator)
            question = _read(delivery.body, FROM_OPERATORS if by_operator else FROM_CLIENTS)
            request, kind = question.request, question.type
            with QUESTION_SECONDS.labels(kind).time():
                answer = self._answered(question, delivery)
        except WireError as error:
            log.warning("question.refused", question=kind, reason=error.reason, error=str(error))
            return refusal(delivery, request, error)
        return reply(delivery.reply_to, encode(answer))

    def _check_address(self, delivery: Delivery, by_operator: bool) -> None:
        """Refuse any other `reply_to`: the archive may write to every queue, and its answers must not."""
        if not (self._askers.is_address(delivery.reply_to) or (by_operator and former.is_inbox(delivery.reply_to))):
            raise NoInbox("reply_to is no address of a client: set it to amq.rabbitmq.reply-to")

    def _answered(self, question: Question | Export, delivery: Delivery) -> Page | Exported:
        if isinstance(question, Export):
            return self._answers.exported(question)
        asked = self._askers.asked(question, delivery)
        self._revoked.check(asked.session)
        return self._answers.page(question, asked)


def _read(body: bytes, accepted: tuple[type[Question | Export], ...]) -> Question | Export:
    """Return the question in a body. Raises WireError if it has none, or is longer than any question."""
    if len(body) > MAX_QUESTION_BYTES:
        raise TooLong(f"the question has {len(body)} bytes, at most {MAX_QUESTION_BYTES} are allowed: shorten it")
    question = decode(body, *accepted)
    if len(question.request) > MAX_REQUEST:
        raise TooLong(f"the id of the request has more than {MAX_REQUEST} characters: shorten it")
    return question
