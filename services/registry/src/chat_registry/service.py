"""The registry's service: it connects the queues with their handlers.

A replica starts in three steps: `bootstrap` loads the newest complete snapshot, `replay` applies the journal from
there, and once that has caught up, `commands` handles requests. Then `replay` and `commands` go on side by side.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import structlog

from chat_amqp import former, topology
from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication
from chat_registry import effects, former_intake, intake, metrics
from chat_registry.address_probes import AddressProbes
from chat_registry.appender import Appender
from chat_registry.bootstrap import Bootstrap
from chat_registry.commands import CommandHandler
from chat_registry.connection_events import ConnectionEvents
from chat_registry.former_departures import Departures
from chat_registry.former_probes import InboxProbes
from chat_registry.identity import new_identity
from chat_registry.questions import UserQuestions
from chat_registry.replay import Replay
from chat_registry.settings import RegistrySettings
from chat_registry.snapshot_publisher import SnapshotPublisher
from chat_registry.sweeper import Sweeper
from chat_registry.view import View
from chat_worker.broker import Broker
from chat_worker.delivery import Source

log = structlog.get_logger()

SNAPSHOT_EVERY = 10_000
PROBE_EVERY_SECONDS = 30.0
FORMER_PROBE_EVERY_SECONDS = 60.0
SWEEP_EVERY_SECONDS = 5.0
SILENT_SECONDS = 10.0  # after which a journal that returns nothing counts as broken


class RegistryService:
    """A registry replica on one connection.

    Any number of replicas may run; each can answer every request. A new connection begins with the snapshots, because
    the journal may have been deleted or cut (`View`) while the replica was not connected.
    """

    def __init__(
        self,
        settings: RegistrySettings,
        broker: Broker,
        *,
        snapshot_every: int = SNAPSHOT_EVERY,
        probe_every: float = PROBE_EVERY_SECONDS,
        former_probe_every: float = FORMER_PROBE_EVERY_SECONDS,
        sweep_every: float = SWEEP_EVERY_SECONDS,
    ) -> None:
        """Make the service of a new connection.

        Args:
            settings: The registry's own settings.
            broker: The connection.
            snapshot_every: The number of journal entries between two snapshots. The replica that appended the last
                of these entries publishes the snapshot.
            probe_every: The seconds between two probes of the address of each connected session.
            former_probe_every: The seconds between two probes of the inbox of each connected client of 0.3.0.
            sweep_every: The seconds between two searches for sessions whose token or name has expired.
        """
        self._broker = broker
        self._view = View()
        self._questions = UserQuestions()
        self._snapshots = SnapshotPublisher(snapshot_every)
        identity = new_identity(settings)
        self._replay = Replay(
            identity, self._view, broker, snapshots=self._snapshots, on_caught_up=self._begin_to_serve
        )
        appender = Appender(identity, self._view, self._replay.expect)
        self._commands = CommandHandler(identity, self._view, intake, self._questions, appender)
        self._connections = ConnectionEvents(self._view, appender)
        self._sweeper = Sweeper(self._view, appender, self._connections, sweep_every)
        self._probes = AddressProbes(self._view, appender, broker.find_listeners, probe_every)
        self._former_probes = InboxProbes(self._view, former_probe_every)
        self._former_commands = CommandHandler(identity, self._view, former_intake, self._questions, appender)
        self._departures = Departures(appender)
        self._bootstrap = Bootstrap(identity, self._view, broker, on_loaded=self._replay.begin)
        self._ready = False

    def start(self) -> Iterable[Publication]:
        """Declare the queues and begin the first step."""
        self._broker.declare(*topology.REGISTRY_QUEUES, *former.REGISTRY_QUEUES, *topology.ROOM_STREAMS)
        self._connections.declare(self._broker)
        self._departures.declare(self._broker)
        return [self._bootstrap.begin()]

    def tick(self) -> Iterable[Publication]:
        """Answer waiting questions, and publish what is due: parts of a snapshot, a sweep, and probes."""
        self._replay.check_silence()
        yield from self._questions.answer(self._view.state)
        yield from self._snapshots.next_parts()
        yield from self._sweeper.due()
        yield from self._probes.due()
        yield from self._former_probes.due()

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """Append a departure if the broker returned a probe.

        Raises:
            Unconfirmed: The broker returned another publication: its stream has been deleted.
        """
        if exchange == topology.DEFAULT.name and former.is_inbox(routing_key):
            return self._departures.probe_returned(routing_key)
        raise Unconfirmed(f"no queue receives what is published to {exchange!r} with key {routing_key!r}")

    def health(self) -> Mapping[str, Any]:
        """Return whether the replica answers requests or the reason why not, its offset in the journal, and numbers."""
        state, reason = self._view.state, self._problem()
        metrics.NAMES.set(len(state.holders))
        metrics.SESSIONS_CONNECTED.set(state.connected)
        return {
            "ready": not reason,
            **({"reason": reason} if reason else {}),
            "offset": state.offset,
            "names": len(state.holders),
            "connected": state.connected,
        }

    def close(self) -> None:
        """Do nothing: a registry replica holds nothing that another one needs."""

    def _problem(self) -> str | None:
        """Return why the replica answers no requests; None if it does."""
        if not self._ready:
            return "the registry reads the names in use, and answers no requests before it knows all of them"
        silent = self._replay.waits_for()
        if silent > SILENT_SECONDS:
            return (
                f"{topology.JOURNAL_STREAM.name} has returned nothing for {silent:.0f} s, so no command is answered: "
                "restart the registry, and if that does not help, the broker"
            )
        return None

    def _begin_to_serve(self) -> Iterator[Publication]:
        """Handle requests from now on, and repeat what a replica that died may not have published."""
        self._ready = True
        self._broker.consume(Source(queue=topology.REQUESTS.name, handle=self._commands.handle))
        self._connections.begin(self._broker)
        self._sweeper.begin()
        self._probes.begin()
        self._begin_to_serve_former()
        state = self._view.state
        log.info("registry.ready", offset=state.offset, names=len(state.holders))
        yield from effects.recent_publications(state)

    def _begin_to_serve_former(self) -> None:
        """Handle the requests of clients of 0.3.0 from now on, and probe their inboxes."""
        self._broker.consume(Source(queue=former.COMMANDS.name, handle=self._former_commands.handle))
        self._departures.begin(self._broker)
        self._former_probes.begin()
