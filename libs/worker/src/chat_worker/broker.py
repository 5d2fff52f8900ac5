"""The two connections of a worker: one consumes, the other publishes.

A broker in alarm stops reading from a connection that publishes (https://www.rabbitmq.com/docs/alarms). On a single
connection that would hold up acks, too.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from threading import Event
from typing import Any

import structlog
from amqp.exceptions import ResourceLocked
from kombu.connection import Connection
from kombu.entity import Queue

from chat_amqp.connection import STALLED_SECONDS, connect
from chat_amqp.declarations import Difference, check_identity, declare
from chat_amqp.errors import AmqpError, Unconfirmed
from chat_amqp.former import is_inbox
from chat_amqp.publisher import Publication, Publisher
from chat_amqp.topology import DEFAULT
from chat_worker import metrics
from chat_worker.alarm import Alarm
from chat_worker.delivery import Source
from chat_worker.differences import log_differences
from chat_worker.subscription import Subscription

log = structlog.get_logger()

# One read of a connection takes at most this many frames, so that a flood cannot hold up acks and heartbeats.
MAX_FRAMES = 2048
# The buffers of a connection hold this much and a part more. Otherwise a broker in alarm, which reads nothing, would
# hold up a write for 30 s, with heartbeats and health reports.
MAX_UNREAD_BYTES = PART_BYTES = 262_144
# Supervisor and Compose kill a worker that has not stopped after 15 s (local/system.py, compose.yaml). It gives up
# earlier: the broker redelivers the deliveries whose publications it has not confirmed.
STOP_SECONDS = 7
CLOSE_SECONDS = 3  # for the closing handshake of each connection


class Broker:
    """A worker's side of the broker: the two connections, their subscriptions and publications.

    A service declares, holds, consumes and cancels; the runtime does the rest. A variable `broker` is such an
    object. In docstrings and comments, "the broker" means RabbitMQ.

    Attributes:
        alarm: Whether the broker is in alarm and blocks publications.
    """

    def __init__(self, url: str, name: str, stopping: Event, on_heartbeat: Callable[[], None]) -> None:
        """Connect to the broker.

        Args:
            url: The URLs of the broker's nodes, separated by `;`.
            name: Service and replica, for the broker's list of connections.
            stopping: Is set when the worker has to stop.
            on_heartbeat: Called once a second while the connections are used.

        Raises:
            OSError: No node answered.
            amqp.exceptions.AMQPError: A node refused the connection.
        """
        self._incoming = connect(url, f"{name} consuming")
        try:
            self._outgoing = connect(url, f"{name} publishing")
        except BaseException:
            _close(self._incoming, handshake=False)
            raise
        self._publisher = Publisher(self._outgoing.channel())
        self._subscriptions: dict[str, Subscription] = {}
        self._stopping = stopping
        self._on_heartbeat = on_heartbeat
        self._last_heartbeat = 0.0
        self.alarm = Alarm(self._outgoing)

    def __enter__(self) -> "Broker":
        """Return the broker."""
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Close the connections; with a closing handshake only if the broker still answers.

        A broker that leaves publications unconfirmed may be behind a network that is cut: no handshake would end.
        """
        answers = failed is None or (issubclass(failed, AmqpError) and not self._publisher.unconfirmed)
        _close(self._outgoing, handshake=answers and not self.alarm.active)
        metrics.BROKER_BLOCKED.set(0)
        metrics.UNCONFIRMED.set(0)
        _close(self._incoming, handshake=answers)

    def check_identity(self, broker_id: str) -> None:
        """Check that both connections lead to the broker that the worker knows.

        Args:
            broker_id: The id of the broker; empty for no check.

        Raises:
            UnknownBroker: It is another broker.
        """
        for connection in (self._incoming, self._outgoing) if broker_id else ():
            check_identity(connection, broker_id)

    def declare(self, *queues: Queue) -> None:
        """Declare queues, with their exchanges and bindings. Log how existing queues differ.

        Args:
            *queues: The queues.

        Raises:
            DeclarationRefused: An exchange or queue exists and is not what this version needs.
            amqp.exceptions.AMQPError: The broker refused for another reason.
        """
        differences: dict[Difference, None] = {}  # a queue with two bindings is declared twice
        for queue in queues:
            differences |= dict.fromkeys(declare(self._incoming, queue))
            self.heartbeat()  # a cluster may take seconds for each declaration
        log_differences(differences)

    def hold(self, queue: Queue) -> bool:
        """Declare an exclusive queue, and hold it as long as this connection lasts.

        Args:
            queue: The queue.

        Returns:
            False if another connection holds it.
        """
        try:
            self.declare(queue)
        except ResourceLocked:
            return False
        return True

    def consume(self, source: Source) -> None:
        """Begin to consume a source. It replaces the source of the same queue, if there is one.

        Args:
            source: The source.
        """
        self.cancel(source.queue)
        self._subscriptions[source.queue] = Subscription(self._incoming, source)

    def cancel(self, queue: str) -> None:
        """Stop consuming a queue, if the worker consumes it. The broker requeues its unacknowledged deliveries.

        Args:
            queue: The queue's name.
        """
        subscription = self._subscriptions.pop(queue, None)
        if subscription:
            subscription.close()

    def subscriptions(self) -> list[Subscription]:
        """Return the subscriptions to the consumed sources."""
        return list(self._subscriptions.values())

    def wait(self, seconds: float) -> None:
        """Receive deliveries and confirms. If no delivery is there to be handled, wait for one.

        Args:
            seconds: The longest time to wait for a delivery. Confirms do not end the wait.
        """
        waiting = any(subscription.waiting for subscription in self._subscriptions.values())
        _drain(self._incoming, 0 if waiting else seconds)
        _drain(self._outgoing, 0)
        self.heartbeat()

    def channel_without_confirms(self) -> Any:
        """Open another channel for publications that nobody waits for."""
        return self._outgoing.channel()

    def publish(self, publications: Iterable[Publication]) -> None:
        """Publish, and wait for confirms only before a publication with `after_confirms`.

        Args:
            publications: The publications, in the order in which the broker receives them.

        Raises:
            Unconfirmed: A publication was refused or returned before one with `after_confirms`.
        """
        together: list[Publication] = []
        for publication in publications:
            if publication.after_confirms:
                self._publish_together(together)
                together = []
                if self.confirm():
                    raise Unconfirmed("the broker returned a publication that others were to follow")
            together.append(publication)
        self._publish_together(together)

    def _publish_together(self, publications: Sequence[Publication]) -> None:
        for part in _parts(publications):
            if self._publisher.unconfirmed_bytes > MAX_UNREAD_BYTES:
                self._wait_for_confirms()
            with self._publisher.together() if len(part) > 1 else nullcontext():
                for publication in part:
                    self._publisher.publish(publication)

    def confirm(self) -> list[tuple[str, str]]:
        """Wait until the broker has confirmed all publications.

        The wait has a limit of 30 s, which starts again when an alarm of the broker ends. Once the worker has to stop,
        the limit is 7 s, with or without an alarm.

        Returns:
            Exchange and routing key of each mandatory publication that reached no queue, or whose inbox refused it:
            in a cluster, an inbox whose node is down still exists and refuses messages.

        Raises:
            Unconfirmed: The broker refused a publication to another queue, or did not confirm all in time.
        """
        self._wait_for_confirms()
        refused, self._publisher.refused = self._publisher.refused, []
        if not all(map(_to_inbox, refused)):
            raise Unconfirmed(f"{len(refused)} publications were refused by the broker")
        returned, self._publisher.returned = self._publisher.returned, []
        return returned + [(each.exchange, each.routing_key) for each in refused if each.mandatory]

    def _wait_for_confirms(self) -> None:
        limit = time.monotonic() + STALLED_SECONDS
        while self._publisher.unconfirmed:
            _drain(self._outgoing, 1)
            self.heartbeat()
            if self._stopping.is_set():
                limit = min(limit, time.monotonic() + STOP_SECONDS)
            elif self.alarm.active:
                limit = time.monotonic() + STALLED_SECONDS
            if time.monotonic() > limit:
                raise Unconfirmed(f"{self._publisher.unconfirmed} publications were not confirmed in time")

    def heartbeat(self) -> None:
        """Exchange heartbeats and call `on_heartbeat`, at most once a second.

        Raises:
            amqp.exceptions.ConnectionForced: The broker sends no heartbeats any more.
        """
        if time.monotonic() - self._last_heartbeat < 1:
            return
        self._last_heartbeat = time.monotonic()
        metrics.UNCONFIRMED.set(self._publisher.unconfirmed)
        for connection in (self._incoming, self._outgoing):
            _drain(connection, 0)  # heartbeats count when they are read
            connection.heartbeat_check()
        self._on_heartbeat()


def _parts(publications: Sequence[Publication]) -> Iterator[list[Publication]]:
    """Divide publications into parts of at most PART_BYTES, or of a single publication."""
    part: list[Publication] = []
    size = 0
    for publication in publications:
        if part and size + len(publication.body) > PART_BYTES:
            yield part
            part, size = [], 0
        part.append(publication)
        size += len(publication.body)
    if part:
        yield part


def _to_inbox(publication: Publication) -> bool:
    return publication.exchange == DEFAULT.name and is_inbox(publication.routing_key)


def _drain(connection: Connection, seconds: float) -> None:
    try:
        connection.drain_events(timeout=seconds)
        for _ in range(MAX_FRAMES):
            connection.drain_events(timeout=0)
    except TimeoutError:
        return


def _close(connection: Connection, handshake: bool) -> None:
    """Close a connection.

    Args:
        connection: The connection.
        handshake: Whether to ask the broker and wait for its answer, for CLOSE_SECONDS at most.
    """
    try:
        if handshake and connection.connected:
            amqp_connection: Any = connection.connection
            amqp_connection.transport.sock.settimeout(CLOSE_SECONDS)
            connection.release()
        else:
            connection.collect(socket_timeout=1)
    except Exception as error:  # the connection is lost, so the handshake fails
        log.debug("connection.close_failed", error=repr(error))
