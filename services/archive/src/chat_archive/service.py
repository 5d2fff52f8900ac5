"""Connects queues to handlers: every replica answers questions, the holder of the writer lease records the rooms."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog

from chat_amqp import former, topology
from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication
from chat_archive import metrics
from chat_archive.answers import Answers
from chat_archive.asked import Sessions
from chat_archive.disk import free_bytes, log_bytes
from chat_archive.former_clients import FormerClients
from chat_archive.lease import WriterLease
from chat_archive.local_index import LocalIndex
from chat_archive.private_files import protect
from chat_archive.questions import ArchiveQuestions
from chat_archive.settings import ArchiveSettings
from chat_archive.shared_index import SharedIndex
from chat_archive.writer import Writer
from chat_worker.broker import Broker
from chat_worker.clock import steady
from chat_worker.delivery import Source
from chat_worker.revoked import RevokedSessions

log = structlog.get_logger()

# A round answers at most this many questions from each of two queues. A slow search takes 0.24 s, so they delay
# heartbeats and the writer by 4 s at most.
QUESTIONS_AT_ONCE = 8


class ArchiveService:
    """An archive replica during one connection to the broker. Any number of replicas can run."""

    def __init__(
        self,
        settings: ArchiveSettings,
        index: LocalIndex | SharedIndex,
        broker: Broker,
        clock: Callable[[], int] = steady,
    ) -> None:
        """Make the service of a new connection.

        Args:
            settings: The archive's settings.
            index: The index in the database that the settings name.
            broker: The new connection.
            clock: Returns steady time in microseconds.
        """
        self._settings = settings
        self._broker = broker
        self._lease = WriterLease(clock)
        self._log_path = settings.data_dir / "log.txt"
        self._writer = Writer(self._log_path, index, broker, clock)
        self._revoked = RevokedSessions(f"{settings.instance}-{secrets.token_hex(8)}", on_ready=self._on_revoked_known)
        answers = Answers(index, self._log_path)
        self._questions = {
            topology.ASKED.name: ArchiveQuestions(answers, Sessions(settings.public_key), self._revoked),
            former.QUERIES.name: ArchiveQuestions(answers, FormerClients(settings.public_key), self._revoked),
        }
        self._revoked_known = self._serving = self._answering = False

    def start(self) -> Iterable[Publication]:
        """Read the stream of revoked sessions. The archive answers once it has read the whole stream."""
        protect(self._settings.data_dir, self._settings.index_url)
        self._broker.declare(*topology.ARCHIVE_QUEUES, *former.ARCHIVE_QUEUES)
        self._broker.consume(self._revoked.source())
        return [self._revoked.marker()]

    def close(self) -> None:
        """Close log.txt: the writer lease ends with the connection, and its next holder needs the file."""
        self._writer.close()
        metrics.show_nothing_written()

    def tick(self) -> Iterable[Publication]:
        """Let the writer work, begin to serve when everything is ready, and renew the lease when due."""
        self._writer.tick(self._lease.held)
        return [*self._begin_to_serve(), *self._lease.renewal()]

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """React to a queue that somebody deleted.

        Raises:
            Unconfirmed: Always: the runtime reconnects, and the next service declares the queue again.
        """
        raise Unconfirmed(f"no queue receives messages from {exchange!r} with routing key {routing_key!r}")

    def health(self) -> Mapping[str, Any]:
        """Return whether the replica does its work, why not, and how far the writer and log.txt are.

        A replica that cannot write still answers questions.
        """
        problem = self._problem()
        health = {
            "ready": problem is None,
            **({"reason": problem} if problem else {}),
            "baton": self._lease.held,
            "writing": self._writer.writing,
            "stalled": self._writer.stalled,
            "log": self._writer.log_health(),
            "rooms": self._writer.rooms(),
            "log_bytes": log_bytes(self._log_path),
            "free_bytes": free_bytes(self._log_path),
        }
        metrics.show(health, self._writer.problem)
        return health

    def _problem(self) -> str | None:
        if self._serving:
            return self._writer.problem
        return self._writer.stalled or "the archive is starting: it reads which sessions have ended"

    def _on_revoked_known(self) -> None:
        self._revoked_known = True

    def _begin_to_serve(self) -> list[Publication]:
        if not (self._revoked_known and self._writer.index_ready):
            return []
        if self._writer.answers and not self._answering:
            self._begin_to_answer()
        if self._serving:
            return []
        self._broker.consume(self._lease.source())
        self._serving = True
        log.info("archive.ready")
        return [self._lease.message()]

    def _begin_to_answer(self) -> None:
        for queue, questions in self._questions.items():
            self._broker.consume(
                Source(queue=queue, handle=questions.handle, prefetch=QUESTIONS_AT_ONCE, probe_poison=False)
            )
        self._answering = True
