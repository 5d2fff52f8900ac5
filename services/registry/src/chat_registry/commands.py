"""Handle requests: append a journal entry for each command, answer questions, and refuse the invalid requests."""

from collections.abc import Callable, Iterator, Sequence

import structlog
from msgspec.structs import replace

from chat_amqp import topology, traces
from chat_amqp.publisher import Publication
from chat_registry import intake, journal, metrics
from chat_registry.identity import ReplicaIdentity
from chat_registry.journal import Departed, JournalEntry
from chat_registry.questions import UserQuestions
from chat_registry.view import View
from chat_tokens.tokens import verify
from chat_wire.errors import InvalidToken, WireError
from chat_wire.messages import Claim, ListUsers
from chat_worker.clock import now
from chat_worker.dead import dead_letter
from chat_worker.delivery import Delivery
from chat_worker.replies import refusal
from chat_worker.tracing import handling

log = structlog.get_logger()


class CommandHandler:
    """Handles the queues of requests and of departures."""

    def __init__(
        self, identity: ReplicaIdentity, view: View, questions: UserQuestions, *, on_append: Callable[[], None]
    ) -> None:
        """Prepare to handle requests.

        Args:
            identity: The replica.
            view: The state that questions are answered from.
            questions: Keeps the questions that cannot be answered yet.
            on_append: Called for each message that the replica appends to the journal.
        """
        self._identity = identity
        self._view = view
        self._questions = questions
        self._on_append = on_append

    def handle_requests(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Append an entry for each valid command, answer each question, and refuse everything else."""
        entries: list[JournalEntry] = []
        for delivery in deliveries:
            with handling(delivery.queue, delivery.headers.get(traces.HEADER)):
                publications = list(self._handle_request(delivery, entries))
            yield from publications
        yield from self._append(entries)

    def handle_departures(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Append an entry for each inbox that the broker has deleted."""
        found = [intake.departure_in(self._identity, delivery, self._entry_time()) for delivery in deliveries]
        yield from self._append([departed for departed in found if departed])

    def probe_returned(self, inbox: str) -> Iterator[Publication]:
        """Append the departure of an inbox that a probe did not reach."""
        yield from self._append([Departed(origin=self._identity.origin, time=self._entry_time(), inbox=inbox)])

    def _handle_request(self, delivery: Delivery, entries: list[JournalEntry]) -> Iterator[Publication]:
        """Add the entry of a command to the entries, or yield what answers the request."""
        try:
            request = intake.decode_request(delivery)
        except WireError as error:
            yield dead_letter(delivery, error)
            yield from refusal(delivery, None, error)
            return
        metrics.COMMANDS.labels(request.type).inc()
        inbox = delivery.reply_to or ""
        try:
            if isinstance(request, ListUsers):
                yield from self._list_users(request, inbox)
            else:
                entry = intake.entry_for(self._identity, request, inbox, self._entry_time(), self._view.state)
                traceparent = traces.current()
                entries.append(replace(entry, traceparent=traceparent) if traceparent else entry)
        except WireError as error:
            log.info("session.refused", reason=error.reason, error=str(error))
            if isinstance(request, Claim):
                metrics.CLAIMS.labels("refused").inc()
            yield from refusal(delivery, request.request, error)

    def _list_users(self, request: ListUsers, inbox: str) -> Iterator[Publication]:
        claims = verify(request.token, self._identity.public_key, now())
        if claims.session in self._view.state.ended:
            raise InvalidToken("this session has ended: join again")
        yield from self._questions.ask(request.request, inbox, request.after, self._view.state)

    def _entry_time(self) -> int:
        """Return the present time, but later than every entry read.

        A replica that finds a truncated journal compares times to tell new entries from those in its snapshot.
        """
        return max(now(), self._view.state.time + 1)

    def _append(self, entries: Sequence[JournalEntry]) -> Iterator[Publication]:
        """Yield one message for all entries: far cheaper to publish and to read than one message for each."""
        if entries:
            self._on_append()
            yield Publication(exchange=topology.JOURNAL.name, routing_key="", body=journal.encode(entries))
