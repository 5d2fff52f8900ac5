"""Handle requests: append a journal entry for each command, answer questions, and refuse the invalid requests."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import structlog
from msgspec.structs import replace

from chat_amqp import traces
from chat_amqp.publisher import Publication
from chat_registry import metrics
from chat_registry.appender import Appender
from chat_registry.identity import ReplicaIdentity
from chat_registry.intake import Request
from chat_registry.journal import JournalEntry, Requested
from chat_registry.questions import UserQuestions
from chat_registry.state import State
from chat_registry.view import View
from chat_wire.errors import WireError
from chat_wire.messages import Claim, ListUsers
from chat_worker.dead import dead_letter
from chat_worker.delivery import Delivery
from chat_worker.replies import refusal
from chat_worker.tracing import handling

log = structlog.get_logger()


class Intake(Protocol):
    """The rules for the requests of a queue: the module `intake`, or `former_intake` for clients of 0.3.0."""

    def decode_request(self, delivery: Delivery) -> Request:
        """Return the request in a delivery, or raise WireError."""
        ...

    def entry_for(
        self, identity: ReplicaIdentity, request: Request, delivery: Delivery, now: int, state: State
    ) -> Requested:
        """Return the journal entry for a command, or raise WireError."""
        ...

    def asker(self, identity: ReplicaIdentity, request: ListUsers, delivery: Delivery) -> str:
        """Return the session that asks for the users, or raise WireError."""
        ...


class CommandHandler:
    """Handles a queue of requests."""

    def __init__(
        self, identity: ReplicaIdentity, view: View, intake: Intake, questions: UserQuestions, appender: Appender
    ) -> None:
        """Prepare to handle requests.

        Args:
            identity: The replica.
            view: The state that questions are answered from.
            intake: The rules for the requests.
            questions: Keeps the questions that cannot be answered yet.
            appender: Appends the entries.
        """
        self._identity = identity
        self._view = view
        self._intake = intake
        self._questions = questions
        self._appender = appender

    def handle(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Append an entry for each valid command, answer each question, and refuse everything else."""
        entries: list[JournalEntry] = []
        for delivery in deliveries:
            with handling(delivery.queue, delivery.headers.get(traces.HEADER)):
                publications = list(self._handle(delivery, entries))
            yield from publications
        yield from self._appender.append(entries)

    def _handle(self, delivery: Delivery, entries: list[JournalEntry]) -> Iterator[Publication]:
        """Add the entry of a command to the entries, or yield what answers the request."""
        try:
            request = self._intake.decode_request(delivery)
        except WireError as error:
            yield dead_letter(delivery, error)
            yield from refusal(delivery, None, error)
            return
        metrics.COMMANDS.labels(request.type).inc()
        try:
            if isinstance(request, ListUsers):
                yield from self._list_users(request, delivery)
            else:
                entries.append(self._entry_for(request, delivery))
        except WireError as error:
            log.info("session.refused", reason=error.reason, error=str(error))
            if isinstance(request, Claim):
                metrics.CLAIMS.labels("refused").inc()
            yield from refusal(delivery, request.request, error)

    def _entry_for(self, request: Request, delivery: Delivery) -> JournalEntry:
        time, state = self._appender.entry_time(), self._view.state
        entry = self._intake.entry_for(self._identity, request, delivery, time, state)
        traceparent = traces.current()
        return replace(entry, traceparent=traceparent) if traceparent else entry

    def _list_users(self, request: ListUsers, delivery: Delivery) -> Iterator[Publication]:
        session = self._intake.asker(self._identity, request, delivery)
        inbox, state = delivery.reply_to or "", self._view.state
        yield from self._questions.ask(session, request.request, inbox, request.after, state)
