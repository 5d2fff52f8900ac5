"""Follow the broker's events about connections: which sessions connect, and when their connections close.

The broker sends the events only to its default virtual host. Elsewhere the registry learns from renewals alone that a
session is connected, and from the expiry of its token that it is lost.
"""

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from amqp.exceptions import NotFound

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_registry.appender import Appender
from chat_registry.broker_pids import is_pid, node_of
from chat_registry.intake import VERSION
from chat_registry.journal import ConnectionClosed, JournalEntry, NodeStarted, SessionConnected
from chat_registry.view import View
from chat_worker.broker import Broker
from chat_worker.delivery import Delivery, Source

log = structlog.get_logger()

# An entry that a replica before this one appended is in the state after this time.
HANDOVER_SECONDS = 10.0
# An entry that this replica has appended is in the state after this time, or the replica does not serve.
APPENDED_SECONDS = 60.0
_SESSION = re.compile("[0-9a-f]{32}")


class ConnectionEvents:
    """Appends entries for the connections of sessions, and for nodes that start again.

    The queue has a single active consumer, so one replica at a time handles the events, in order. It drops the end of a
    connection that no session has: a stranger who connects to the entrance again and again adds nothing to the journal.

    Attributes:
        announced: Whether the broker announces connections.
    """

    def __init__(self, view: View, appender: Appender) -> None:
        """Prepare to follow the events.

        Args:
            view: The state, which knows the connections of sessions.
            appender: Appends the entries.
        """
        self.announced = False
        self._view = view
        self._appender = appender
        self._active_since: float | None = None
        self._appended: dict[str, float] = {}

    def declare(self, broker: Broker) -> None:
        """Declare the queue of events, unless the broker lacks the plugin rabbitmq_event_exchange."""
        try:
            broker.declare(*topology.CONNECTIONS)
            self.announced = True
        except NotFound as error:
            log.warning("connections.unavailable", error=str(error))

    def begin(self, broker: Broker) -> None:
        """Consume the queue of events, if there is one."""
        if self.announced:
            broker.consume(Source(queue=topology.CONNECTED.name, handle=self.handle))

    def handle(self, deliveries: Sequence[Delivery]) -> Iterator[Publication]:
        """Append the entries for events."""
        if self._active_since is None:
            self._active_since = time.monotonic()
        self._forget()
        yield from self._appender.append([entry for each in deliveries for entry in self._entries_for(each)])

    def _entries_for(self, delivery: Delivery) -> Iterator[JournalEntry]:
        connection: Any = delivery.headers.get("pid")
        if not is_pid(connection):
            return
        if delivery.routing_key == topology.DISCONNECTED.routing_key:
            yield from self._closed(connection)
        else:
            yield from self._restarted(*node_of(connection))
            yield from self._connected(delivery.headers.get("user"), connection)

    def _connected(self, user: Any, connection: str) -> Iterator[JournalEntry]:
        """Yield the entry if a session has logged in: no other user of the broker has such a name."""
        if isinstance(user, str) and _SESSION.fullmatch(user):
            self._appended[connection] = time.monotonic()
            yield SessionConnected(
                version=VERSION, origin=self._appender.origin, time=self._time(), session=user, connection=connection
            )

    def _closed(self, connection: str) -> Iterator[JournalEntry]:
        taking_over = time.monotonic() < (self._active_since or 0) + HANDOVER_SECONDS
        if taking_over or connection in self._appended or connection in self._view.state.connections:
            yield ConnectionClosed(
                version=VERSION, origin=self._appender.origin, time=self._time(), connection=connection
            )

    def _restarted(self, node: str, creation: int) -> Iterator[JournalEntry]:
        known = self._view.state.nodes.get(node)
        if known and known.creation < creation:
            yield NodeStarted(
                version=VERSION, origin=self._appender.origin, time=self._time(), node=node, creation=creation
            )

    def _time(self) -> int:
        return self._appender.entry_time()

    def _forget(self) -> None:
        before = time.monotonic() - APPENDED_SECONDS
        while self._appended and next(iter(self._appended.values())) < before:
            del self._appended[next(iter(self._appended))]
