"""A worker's two connections to the broker: one takes in, the other puts out.

Two, because a broker in alarm stops reading from a connection that publishes, acks included.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from threading import Event
from typing import Any

import structlog
from amqp.exceptions import ResourceLocked
from kombu.connection import Connection
from kombu.entity import Queue

from chat_amqp.connection import STALLED_SECONDS, connect
from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication, Publisher
from chat_amqp.topology import DEFAULT, declare, is_inbox
from chat_worker.delivery import Source
from chat_worker.subscription import Subscription

log = structlog.get_logger()

# Bounds what one round takes in, so that a flood cannot keep acks and heartbeats waiting.
MOST_FRAMES = 2048
# Told to stop, a worker has 10 s; what is not confirmed by then is delivered again to another.
DRAIN_SECONDS = 7


class Broker:
    """What a service asks of the broker: declare, consume, cancel. The runtime does the rest."""

    def __init__(self, url: str, name: str, stopping: Event, on_heartbeat: Callable[[], None]) -> None:
        self._incoming = connect(url, f"{name} consuming")
        self._outgoing = connect(url, f"{name} publishing")
        self._publisher = Publisher(self._outgoing.channel())
        self._subscriptions: dict[str, Subscription] = {}
        self._stopping = stopping
        self._on_heartbeat = on_heartbeat
        self._last_heartbeat = 0.0
        self._blocked = False
        self._watch_alarms()

    def __enter__(self) -> "Broker":
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        answers = failed is None or issubclass(failed, Unconfirmed)
        _close(self._outgoing, in_order=answers and not self._blocked)
        _close(self._incoming, in_order=answers)

    def declare(self, *queues: Queue) -> None:
        """Declare queues and their exchanges, on a channel that is closed again."""
        with self._incoming.channel() as channel:
            declare(channel, *queues)

    def hold(self, queue: Queue) -> bool:
        """Declare an exclusive queue, which is ours as long as this connection lasts; False if another has it."""
        try:
            self.declare(queue)
        except ResourceLocked:
            return False
        return True

    def consume(self, source: Source) -> None:
        """Begin to take in from a source; a source of the same queue is replaced."""
        self.cancel(source.queue)
        self._subscriptions[source.queue] = Subscription(self._incoming, source)

    def cancel(self, queue: str) -> None:
        """Stop consuming; deliveries not acknowledged go back. Nothing happens if it is not consumed."""
        subscription = self._subscriptions.pop(queue, None)
        if subscription:
            subscription.close()

    def subscriptions(self) -> list[Subscription]:
        """What is being consumed at this moment."""
        return list(self._subscriptions.values())

    def wait(self, seconds: float) -> None:
        """Take in all that has arrived; if nothing has, wait for the first for up to `seconds`."""
        waiting = any(subscription.waiting for subscription in self._subscriptions.values())
        _drain(self._incoming, 0 if waiting else seconds)
        _drain(self._outgoing, 0)
        self.heartbeat()

    def publish(self, publications: Iterable[Publication]) -> None:
        """Hand publications to the broker; waits for confirms only where one says so."""
        together: list[Publication] = []
        for publication in publications:
            if publication.after_confirms:
                self._publish_together(together)
                together = []
                if self.confirm():
                    raise Unconfirmed("a publication was returned that others were to follow")
            together.append(publication)
        self._publish_together(together)

    def _publish_together(self, publications: Sequence[Publication]) -> None:
        if len(publications) == 1:
            self._publisher.publish(publications[0])
        elif publications:
            with self._publisher.together():
                for publication in publications:
                    self._publisher.publish(publication)

    def confirm(self) -> list[tuple[str, str]]:
        """Wait until everything published is confirmed; returns what was returned, as (exchange, key).

        Raises Unconfirmed when the broker refuses something, or does not answer for 30 s. An alarm of
        the broker is waited out, unless the worker has been told to stop.

        An inbox that refuses is as good as none: in a cluster it is known until its node, which is down, is back.
        """
        limit = time.monotonic() + STALLED_SECONDS
        while self._publisher.unconfirmed:
            _drain(self._outgoing, 1)
            self.heartbeat()
            if self._stopping.is_set():
                limit = min(limit, time.monotonic() + DRAIN_SECONDS)
            elif self._blocked:
                limit = time.monotonic() + STALLED_SECONDS
            if time.monotonic() > limit:
                raise Unconfirmed(f"{self._publisher.unconfirmed} publications were not confirmed in time")
        refused, self._publisher.refused = self._publisher.refused, []
        if not all(map(_to_inbox, refused)):
            raise Unconfirmed(f"{len(refused)} publications were refused by the broker")
        returned, self._publisher.returned = self._publisher.returned, []
        return returned + [(each.exchange, each.routing_key) for each in refused if each.mandatory]

    def heartbeat(self) -> None:
        """Once a second: exchange heartbeats, raise if the broker's have stopped, and say that we live."""
        if time.monotonic() - self._last_heartbeat < 1:
            return
        self._last_heartbeat = time.monotonic()
        for connection in (self._incoming, self._outgoing):
            _drain(connection, 0)  # heartbeats count only once they are read
            connection.heartbeat_check()
        self._on_heartbeat()

    def _watch_alarms(self) -> None:
        def blocked(_reason: str) -> None:
            self._blocked = True
            log.warning("broker.blocked")

        def unblocked() -> None:
            self._blocked = False
            log.info("broker.unblocked")

        amqp_connection: Any = self._outgoing.connection
        amqp_connection.on_blocked = blocked
        amqp_connection.on_unblocked = unblocked


def _to_inbox(publication: Publication) -> bool:
    return publication.exchange == DEFAULT.name and is_inbox(publication.routing_key)


def _drain(connection: Connection, seconds: float) -> None:
    try:
        connection.drain_events(timeout=seconds)
        for _ in range(MOST_FRAMES):
            connection.drain_events(timeout=0)
    except TimeoutError:
        return


def _close(connection: Connection, in_order: bool) -> None:
    """Close a connection; in order only one that the broker reads from, else the answer is waited for for 30 s."""
    try:
        if in_order:
            connection.release()
        else:
            connection.collect(socket_timeout=1)
    except Exception as error:  # a connection that is lost cannot be closed in good order
        log.debug("connection.close_failed", error=repr(error))
