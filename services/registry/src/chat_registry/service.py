"""Which queue feeds which handler: commands in, the journal out and in again, answers out.

A replica that starts goes through three phases, in each reading a stream until a marker of its own
comes back: snapshots, journal, and then it is ready and takes commands.
"""

import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import structlog
from amqp.exceptions import NotFound

from chat_amqp import topology
from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication
from chat_registry import effects, intake, journal, snapshots
from chat_registry.domain import lost_news
from chat_registry.errors import Diverged
from chat_registry.journal import Command, Marker
from chat_registry.questions import Questions
from chat_registry.settings import RegistrySettings
from chat_registry.state import SECOND, State
from chat_registry.view import View
from chat_tokens.tokens import verify
from chat_wire import codec
from chat_wire.errors import InvalidToken, WireError
from chat_wire.messages import ListUsers, Probe
from chat_worker.clock import now
from chat_worker.dead import dead_letter, refusal
from chat_worker.delivery import Delivery, Source
from chat_worker.runtime import Broker

log = structlog.get_logger()

SNAPSHOT_EVERY = 10_000
PROBE_EVERY_SECONDS = 60.0
PROBES_A_ROUND = 1_000
PARTS_A_ROUND = 4
SILENT_SECONDS = 5.0
# A replica that died may not have told of what ended shortly before.
TOLD_AGAIN_SECONDS = 600


class RegistryService:
    """A registry replica: any number may run, and each can answer everything.

    A snapshot is published at the first entry, and each time that `snapshot_every` more have come, by the origin of
    the last of them; every `probe_every` seconds the inboxes of all who seem to be connected are probed.
    """

    def __init__(
        self,
        settings: RegistrySettings,
        broker: Broker,
        *,
        snapshot_every: int = SNAPSHOT_EVERY,
        probe_every: float = PROBE_EVERY_SECONDS,
    ) -> None:
        self._settings = settings
        self._snapshot_every = snapshot_every
        self._probe_every = probe_every
        self._broker = broker
        self._departures = False
        origin = f"{settings.instance}-{secrets.token_hex(8)}"
        self._desk = intake.Desk(origin=origin, public_key=settings.public_key)
        self._snapshots = snapshots.Collector()
        self._view = View(State())
        self._questions = Questions()
        self._ready = False
        self._silent_at = 0.0
        self._probe_at: float | None = None
        self._to_probe: list[str] = []
        self._to_snapshot: deque[snapshots.Snapshot] = deque()

    def start(self) -> Iterable[Publication]:
        """Read the snapshots first: what another connection knew may have been left behind."""
        self._broker.declare(*topology.REGISTRY_QUEUES, *topology.ROOM_STREAMS)
        self._departures = _departures_in(self._broker)
        self._broker.consume(
            Source(queue=topology.SNAPSHOTS_STREAM.name, handle=self.read_snapshots, offset="first", prefetch=16)
        )
        return [self._marker(topology.SNAPSHOTS.name)]

    def close(self) -> None:
        """Do nothing: a registry replica holds nothing that another one needs."""

    def tick(self) -> Iterable[Publication]:
        """What goes by time: a journal that is silent, questions that waited too long, probes; and the next parts
        of a snapshot, as commands should not wait for all of them.
        """
        if self._view.waiting and time.monotonic() > self._silent_at:
            self._restart(Diverged("the journal ends before the entry of the snapshot"))
        yield from self._questions.answer(self._view.state)
        yield from self._snapshot()
        yield from self._probes()

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """A probe that found no inbox is a departure; of anything else the stream was deleted."""
        if exchange == topology.DEFAULT.name and topology.is_inbox(routing_key):
            return _append([journal.Departed(origin=self._desk.origin, time=self._entry_time(), inbox=routing_key)])
        raise Unconfirmed(f"nothing takes what is published to {exchange!r} with key {routing_key!r}")

    def health(self) -> Mapping[str, Any]:
        """Ready once commands are taken; and how much is known."""
        state = self._view.state
        return {"ready": self._ready, "offset": state.offset, "names": len(state.holders)}

    def read_snapshots(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Collect snapshots until the own marker comes, then go on with the journal."""
        for delivery in deliveries:
            if self._is_own_marker(delivery):
                yield from self._begin_journal()
                return
            self._collect(delivery)

    def read_journal(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Apply entries; tell what follows from those that this replica appended."""
        try:
            for delivery in deliveries:
                yield from self._read(delivery)
        except Diverged as error:
            self._restart(error)
        yield from self._questions.answer(self._view.state)

    def take_commands(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Append an entry for each command that can be carried out, refuse the others."""
        entries: list[Command] = []
        for delivery in deliveries:
            try:
                request = intake.request_in(delivery)
            except WireError as error:
                yield dead_letter(delivery, error)
                yield from refusal(delivery, None, error)
                continue
            try:
                if isinstance(request, ListUsers):
                    yield from self._list_users(request, delivery.reply_to or "")
                else:
                    entries.append(intake.entry_for(self._desk, request, delivery.reply_to or "", self._entry_time()))
            except WireError as error:
                log.info("session.refused", reason=error.reason, error=str(error))
                yield from refusal(delivery, request.request, error)
        yield from _append(entries)

    def take_departures(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Append an entry for each inbox that the broker says is gone."""
        found = [intake.departure_in(self._desk, delivery, self._entry_time()) for delivery in deliveries]
        yield from _append([departed for departed in found if departed])

    def _collect(self, delivery: Delivery) -> None:
        try:
            self._snapshots.add(delivery.body)
        except WireError as error:
            log.error("snapshot.refused", offset=delivery.offset, reason=error.reason, error=str(error))

    def _begin_journal(self) -> Iterator[Publication]:
        self._broker.cancel(topology.SNAPSHOTS_STREAM.name)
        parts = self._snapshots.newest()
        self._snapshots = snapshots.Collector()
        if parts:
            self._view = View(snapshots.restore(parts), anchor=parts[0].entry)
        self._attach()
        yield self._marker(topology.JOURNAL.name)

    def _attach(self) -> None:
        self._silent_at = time.monotonic() + SILENT_SECONDS
        source = Source(
            queue=topology.JOURNAL_STREAM.name, handle=self.read_journal, offset=self._view.start, prefetch=2000
        )
        self._broker.consume(source)

    def _restart(self, why: Diverged) -> None:
        log.error("stream.diverged", stream=topology.JOURNAL_STREAM.name, error=str(why))
        self._view.restart()
        self._attach()

    def _read(self, delivery: Delivery) -> Iterator[Publication]:
        read = self._view.read(delivery)
        due = self._view.snapshot_due(self._snapshot_every)
        if not read or read[0][0].origin != self._desk.origin:
            return
        for entry, outcome in read:
            if isinstance(entry, Marker):
                yield from self._begin_serving()
            else:
                effects.log_lines(entry, outcome)
                yield from effects.publications(entry, self._view.state.offset, outcome, self._settings.private_key)
        if due:
            self._to_snapshot = deque(snapshots.take(self._view.state, journal.digest(delivery.body)))

    def _begin_serving(self) -> Iterator[Publication]:
        self._ready = True
        self._probe_at = time.monotonic() + self._probe_every
        self._broker.consume(Source(queue=topology.COMMANDS.name, handle=self.take_commands))
        if self._departures:
            self._broker.consume(Source(queue=topology.DEPARTURES.name, handle=self.take_departures))
        log.info("registry.ready", offset=self._view.state.offset, names=len(self._view.state.holders))
        yield from self._tell_again()

    def _tell_again(self) -> Iterator[Publication]:
        """What was journaled lately: the replica that should have told it may have died, and nobody asks for these."""
        recent = self._view.state.now - TOLD_AGAIN_SECONDS * SECOND
        for ended in self._view.state.ended.values():
            if ended.at > recent:
                yield from effects.session_ended(ended)
        for holder in self._view.state.holders.values():
            for news in lost_news(holder):
                if news.at > recent:
                    yield from effects.notices(news)

    def _list_users(self, request: ListUsers, inbox: str) -> Iterator[Publication]:
        claims = verify(request.token, self._desk.public_key, now())
        if claims.session in self._view.state.ended:
            raise InvalidToken("this session has ended: join again")
        yield from self._questions.ask(request.request, inbox, request.after, self._view.state)

    def _entry_time(self) -> int:
        """Now, but later than all that was read: a journal that was cut is told from a snapshot by time."""
        return max(now(), self._view.state.now + 1)

    def _snapshot(self) -> Iterator[Publication]:
        for _ in range(PARTS_A_ROUND):
            if not self._to_snapshot:
                return
            part = self._to_snapshot.popleft()
            yield Publication(exchange=topology.SNAPSHOTS.name, routing_key="", body=codec.encode(part))
            if not self._to_snapshot:
                log.info("snapshot.published", offset=part.offset, parts=part.parts)

    def _probes(self) -> Iterator[Publication]:
        if self._probe_at and time.monotonic() > self._probe_at:
            self._probe_at = time.monotonic() + self._probe_every
            self._to_probe = [each.inbox for each in self._view.state.holders.values() if each.connected]
        body = codec.encode(Probe())
        for inbox in self._to_probe[:PROBES_A_ROUND]:
            yield Publication(exchange=topology.DEFAULT.name, routing_key=inbox, body=body)
        del self._to_probe[:PROBES_A_ROUND]

    def _marker(self, exchange: str) -> Publication:
        return Publication(exchange=exchange, routing_key="", body=codec.encode(Marker(origin=self._desk.origin)))

    def _is_own_marker(self, delivery: Delivery) -> bool:
        return delivery.body == codec.encode(Marker(origin=self._desk.origin))


def _append(entries: Sequence[Command]) -> list[Publication]:
    """All in one message, which takes a fraction of what it costs to publish each and to read it again."""
    if not entries:
        return []
    return [Publication(exchange=topology.JOURNAL.name, routing_key="", body=journal.encode(entries))]


def _departures_in(broker: Broker) -> bool:
    """Declare the queue of departures; without the plugin rabbitmq_event_exchange there is none."""
    try:
        broker.declare(topology.DEPARTURES)
    except NotFound as error:
        log.warning("departures.unavailable", error=str(error))
        return False
    return True
