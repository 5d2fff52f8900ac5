"""The connections of a worker: one consumes, one publishes, and one answers clients (answers.py).

A broker in alarm stops reading from a connection that publishes (https://www.rabbitmq.com/docs/alarms). On a single
connection that would hold up acks, too.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from threading import Event
from typing import Any

import structlog
from amqp.exceptions import ResourceLocked
from kombu.entity import Queue

from chat_amqp.connection import STALLED_SECONDS, connect
from chat_amqp.declarations import Difference, check_identity, declare
from chat_amqp.errors import AmqpError, Unconfirmed
from chat_amqp.publisher import Publication, Publisher, together
from chat_worker import metrics
from chat_worker.alarm import Alarm
from chat_worker.answers import Answers, is_answer
from chat_worker.connections import close, drain
from chat_worker.delivery import Source
from chat_worker.differences import log_differences
from chat_worker.listeners import find_listeners
from chat_worker.subscription import Subscription

log = structlog.get_logger()

# The buffers of a connection hold this much and a part more. Otherwise a broker in alarm, which reads nothing, would
# hold up a write for 30 s, with heartbeats and health reports.
MAX_UNREAD_BYTES = PART_BYTES = 262_144
# Supervisor and Compose kill a worker that has not stopped after 15 s (local/system.py, compose.yaml). It gives up
# earlier: the broker redelivers the deliveries whose publications it has not confirmed.
STOP_SECONDS = 7


class Broker:
    """A worker's side of the broker: the connections, their subscriptions and publications.

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
        with ExitStack() as opened:
            self._incoming = connect(url, f"{name} consuming")
            opened.callback(close, self._incoming, handshake=False)
            self._outgoing = connect(url, f"{name} publishing")
            opened.callback(close, self._outgoing, handshake=False)
            self._answers = Answers(url, f"{name} answering")
            opened.pop_all()
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
        self._answers.close(handshake=answers)
        close(self._outgoing, handshake=answers and not self.alarm.active)
        metrics.BROKER_BLOCKED.set(0)
        metrics.UNCONFIRMED.set(0)
        close(self._incoming, handshake=answers)

    def check_identity(self, broker_id: str) -> None:
        """Check that all connections lead to the broker that the worker knows.

        Args:
            broker_id: The id of the broker; empty for no check.

        Raises:
            UnknownBroker: It is another broker.
        """
        for connection in (self._incoming, self._outgoing, self._answers.connection) if broker_id else ():
            if connection:
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
        drain(self._incoming, 0 if waiting else seconds)
        drain(self._outgoing, 0)
        self._answers.read()
        self.heartbeat()

    def find_listeners(self, addresses: list[str], seconds: float) -> dict[str, bool]:
        """Return for addresses of direct reply-to whether a client listens there; see `listeners.find_listeners`.

        Args:
            addresses: The addresses. The function takes from the end of the list those that it asks about.
            seconds: When to stop taking addresses.
        """
        return find_listeners(addresses, self._answers.reconnect, seconds)

    def channel_without_confirms(self) -> Any:
        """Open another channel for publications that nobody waits for."""
        return self._outgoing.channel()

    def publish(self, publications: Iterable[Publication]) -> None:
        """Publish, and wait for confirms only before a publication with `after_confirms`.

        Answers to clients wait until the broker has confirmed what was published before them, so that they are true.

        Args:
            publications: The publications, in the order in which the broker receives them.

        Raises:
            Unconfirmed: A publication was refused or returned before others.
        """
        pending: list[Publication] = []
        for publication in publications:
            if publication.after_confirms or self._answers.held_bytes > MAX_UNREAD_BYTES:
                self._publish_confirmed(pending)
                pending = []
            if is_answer(publication):
                self._answers.hold(publication)
            else:
                pending.append(publication)
        self._publish_together(pending)

    def _publish_confirmed(self, publications: Sequence[Publication]) -> None:
        self._publish_together(publications)
        self._wait_for_confirms()
        returned, self._publisher.returned = self._publisher.returned, []
        if returned:
            raise Unconfirmed("the broker returned a publication that others were to follow")
        self._answers.send()

    def _publish_together(self, publications: Sequence[Publication]) -> None:
        for part in _parts(publications):
            if self._publisher.unconfirmed_bytes > MAX_UNREAD_BYTES:
                self._wait_for_confirms()
            with together(self._publisher.channel) if len(part) > 1 else nullcontext():
                for publication in part:
                    self._publisher.publish(publication)

    def confirm(self) -> list[tuple[str, str]]:
        """Wait until the broker has confirmed all publications, then send the answers.

        The wait has a limit of 30 s, which starts again when an alarm of the broker ends. Once the worker has to stop,
        the limit is 7 s, with or without an alarm. Nothing waits for answers.

        Returns:
            Exchange and routing key of each mandatory publication that reached no queue. One to an inbox comes back
            later.

        Raises:
            Unconfirmed: The broker refused a publication, or did not confirm all in time.
        """
        self._wait_for_confirms()
        returned, self._publisher.returned = self._publisher.returned, []
        if not returned:
            self._answers.send()
        return returned + self._answers.take_returned()

    def _wait_for_confirms(self) -> None:
        limit = time.monotonic() + STALLED_SECONDS
        while self._publisher.unconfirmed:
            drain(self._outgoing, 1)
            self.heartbeat()
            if self._stopping.is_set():
                limit = min(limit, time.monotonic() + STOP_SECONDS)
            elif self.alarm.active:
                limit = time.monotonic() + STALLED_SECONDS
            if time.monotonic() > limit:
                raise Unconfirmed(f"{self._publisher.unconfirmed} publications were not confirmed in time")
        refused, self._publisher.refused = self._publisher.refused, []
        if refused:
            raise Unconfirmed(f"{len(refused)} publications were refused by the broker")

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
            drain(connection, 0)  # heartbeats count when they are read
            connection.heartbeat_check()
        self._answers.heartbeat()
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
