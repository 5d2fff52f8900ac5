"""Which queue feeds which handler: questions to every replica, the rooms' streams to the one with the baton."""

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog

from chat_amqp import topology
from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication
from chat_archive.domain import Baton
from chat_archive.errors import LogFileHeld, StorageFailed
from chat_archive.index import Index
from chat_archive.log_file import LogFile
from chat_archive.questions import Questions
from chat_archive.recorder import Recorder
from chat_archive.rooms import SECOND, Rooms
from chat_archive.settings import ArchiveSettings
from chat_wire.codec import encode
from chat_worker.clock import steady
from chat_worker.delivery import Delivery, Source
from chat_worker.revoked import RevokedSessions
from chat_worker.runtime import Broker

log = structlog.get_logger()

RENEW_EVERY = 300 * SECOND
RETRY_AFTER = 1 * SECOND
# Without another failure it goes on well: a full disk lets log.txt be opened, and refuses the first line.
CALM_AFTER = 3 * SECOND
# Heartbeats have to go on while an index is built anew, and who asks waits for 3 s: so long at a time.
CATCH_UP_FOR = 2 * SECOND
# All in one round, without a heartbeat or a post recorded between: a slow search takes 0.24 s, these 4 s at most.
QUESTIONS_AT_ONCE = 16
LARGE_LAG_SECONDS = 10
REPORT_LAG_EVERY = 60 * SECOND


class ArchiveService:
    """An archive replica: any number may run; the one with the baton writes.

    `_baton_at` is when it last got or renewed the baton, None without it; `_stalled` is why it
    cannot do what it has to, as last logged.
    """

    def __init__(
        self, settings: ArchiveSettings, index: Index, broker: Broker, clock: Callable[[], int] = steady
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._index = index
        self._recorder = Recorder(LogFile(settings.data_dir / "log.txt"), index)
        self._broker = broker
        self._rooms = Rooms(self._recorder, broker, clock, on_failure=self._stall)
        self._ended = RevokedSessions(f"{settings.instance}-{secrets.token_hex(8)}", on_ready=self._on_ready)
        self._lag_reported = 0
        self._known = self._serving = self._writing = False
        self._baton_at: int | None = None
        self._stalled: str | None = None
        self._failed_at = self._retry_at = 0

    def start(self) -> Iterable[Publication]:
        """Read the stream of revoked sessions. The archive answers once it has read the whole stream."""
        self._broker.declare(*topology.ARCHIVE_QUEUES)
        self._broker.consume(self._ended.source())
        return [self._ended.marker()]

    def close(self) -> None:
        """Let go of log.txt: the writer lease goes with the connection, and its next holder needs the file."""
        self._recorder.close()

    def tick(self) -> Iterable[Publication]:
        """Do whatever is next, or try again what failed; and see that there is always a baton."""
        time = self._clock()
        self._report_lag(time)
        return [*(self._try_step() if time >= self._retry_at else []), *self._renew(time)]

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """A queue of ours has been deleted: connect anew, which declares it."""
        raise Unconfirmed(f"nothing takes what is published to {exchange!r} with key {routing_key!r}")

    def health(self) -> Mapping[str, Any]:
        """Ready once questions are answered; what the writer does, and how far it is."""
        return {
            "ready": self._serving,
            "baton": self._baton_at is not None,
            "writing": self._writing,
            "stalled": self._stalled,
            "rooms": self._rooms.health() if self._baton_at is not None else {},
        }

    def _on_ready(self) -> None:
        self._known = True

    def _try_step(self) -> list[Publication]:
        try:
            batons = self._step()
        except StorageFailed as error:
            self._stall(error)
            return []
        if self._stalled and self._clock() - self._failed_at >= CALM_AFTER:
            log.info("archive.resumed")
            self._stalled = None
        return batons

    def _step(self) -> list[Publication]:
        if self._writing:
            self._recorder.check()
            self._rooms.check()
        elif self._baton_at is not None:
            self._begin_to_write()
        if self._known and not self._serving:
            self._serve()
            return [_baton()]
        return []

    def _serve(self) -> None:
        self._index.create()
        questions = Questions(self._index, self._settings.public_key, self._ended)
        self._broker.consume(
            Source(queue=topology.QUERIES.name, handle=questions.handle, prefetch=QUESTIONS_AT_ONCE, probe_poison=False)
        )
        self._broker.consume(Source(queue=topology.WRITER_LEASE.name, handle=self._take_baton, keep_last=True))
        self._serving = True
        log.info("archive.ready")

    def _take_baton(self, _deliveries: Sequence[Delivery]) -> list[Publication]:
        if self._baton_at is None:
            log.info("baton.taken")
            self._baton_at = self._clock()
        return []

    def _renew(self, time: int) -> list[Publication]:
        """A new baton: the one held would be taken away after half an hour unacknowledged."""
        if self._baton_at is None or time - self._baton_at < RENEW_EVERY:
            return []
        self._baton_at = time
        return [_baton()]

    def _begin_to_write(self) -> None:
        if not self._recorder.is_open:
            self._recorder.open()
        until = self._clock() + CATCH_UP_FOR
        while self._recorder.catch_up():
            if self._clock() > until:
                return
        self._rooms.attach()
        self._writing = True
        log.info("archive.writing")

    def _stall(self, error: StorageFailed) -> None:
        if str(error) != self._stalled:
            level = logging.INFO if isinstance(error, LogFileHeld) else logging.ERROR
            log.log(level, "archive.stalled", reason=error.reason, error=str(error))
        self._stalled = str(error)
        self._failed_at = self._clock()
        self._retry_at = self._failed_at + RETRY_AFTER
        self._writing = False
        self._rooms.detach()
        self._recorder.close()

    def _report_lag(self, time: int) -> None:
        if self._baton_at is None or time - self._lag_reported < REPORT_LAG_EVERY:
            return
        for room, facts in self._rooms.health().items():
            if facts["behind_seconds"] > LARGE_LAG_SECONDS:
                log.warning("archive.behind", room=room, **facts)
                self._lag_reported = time


def _baton() -> Publication:
    return Publication(exchange=topology.DEFAULT.name, routing_key=topology.WRITER_LEASE.name, body=encode(Baton()))
