"""The loop of every worker: receive, handle, publish, wait for the confirms, acknowledge.

A worker is a function from deliveries to publications. It acknowledges a delivery only after the broker has confirmed
everything that the worker published because of it. So no delivery is lost, whatever dies. The broker redelivers an
unacknowledged delivery, and the worker publishes again; readers ignore the second copy.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Event
from typing import Any, Protocol

import structlog

from chat_amqp.connection import recoverable_errors
from chat_amqp.publisher import Publication
from chat_worker import metrics, poison_probe
from chat_worker.broker import Broker
from chat_worker.errors import CannotServe
from chat_worker.reporter import Reporter
from chat_worker.settings import WorkerSettings
from chat_worker.signals import stop_requested
from chat_worker.trouble import Trouble

log = structlog.get_logger()


class Service(Protocol):
    """The work of a service, from one connect to the next.

    The runtime makes a new service each time that it connects to the broker, and never uses it with other connections.
    So `__init__` sets every attribute that belongs to the connections, and no method has to reset one. The runtime
    publishes the publications that a method returns and waits for their confirms.
    """

    def start(self) -> Iterable[Publication]:
        """Declare queues and begin to consume. The runtime calls this once, before the other methods."""
        ...

    def tick(self) -> Iterable[Publication]:
        """Do what is due. The runtime calls this in each round, between the handlers and the wait for the confirms.

        A round begins at least once a second, unless the one before lasts longer.
        """
        ...

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """React to a mandatory publication that reached no queue.

        Args:
            exchange: The exchange of the publication.
            routing_key: Its routing key.

        Raises:
            Unconfirmed: The runtime has to reconnect, after which the broker redelivers unacknowledged deliveries.
        """
        ...

    def health(self) -> Mapping[str, Any]:
        """Return the fields of the health report. `ready` says whether the service does its work."""
        ...

    def close(self) -> None:
        """Release what another replica may need. The connections are lost, or the runtime closes them next."""
        ...


ServiceFactory = Callable[[Broker], Service]
"""Makes a service for new connections. With `functools.partial` it also passes on state that outlives them."""


def run(settings: WorkerSettings, make_service: ServiceFactory) -> None:
    """Serve until SIGTERM or SIGINT, then finish the current round. Reconnect as often as necessary.

    Args:
        settings: The settings that all services share.
        make_service: Makes a service each time that the runtime has connected.

    Raises:
        SystemExit: With status 1 after a bug, which is logged as `worker.crashed`.
    """
    with stop_requested() as stopping:
        log.info("worker.started")
        try:
            _reconnect(settings, make_service, stopping)
        except Exception:
            log.exception("worker.crashed")
            raise SystemExit(1) from None
        log.info("worker.stopped")


def _reconnect(settings: WorkerSettings, make_service: ServiceFactory, stopping: Event) -> None:
    """Serve from one connection to the next, until `stopping` is set."""
    trouble = Trouble(settings.health_file)
    errors: tuple[type[Exception], ...] = (*recoverable_errors(), CannotServe)
    while not stopping.is_set():
        try:
            _connect_and_serve(settings, make_service, stopping)
        except errors as error:
            metrics.RECONNECTIONS.inc()
            stopping.wait(trouble.pause_after(error))


def _connect_and_serve(settings: WorkerSettings, make_service: ServiceFactory, stopping: Event) -> None:
    """Work round by round until `stopping` is set, then finish the round and close the connections.

    Closing the connection returns unhandled deliveries to their queue in their order, in one step with the end of the
    consumer. If the worker cancelled its consumers first, the next active consumer would receive later messages while
    this one still holds earlier ones.
    """

    def report() -> None:
        """Report the service's health. The broker calls this only once `service` and `reporter` exist."""
        reporter.report(service.health())

    name = f"{settings.service} {settings.instance}"
    with Broker(settings.amqp_url, name, stopping, on_heartbeat=report) as broker:
        broker.check_identity(settings.broker_id)
        log.info("broker.connected")
        reporter = Reporter(settings, broker)
        service = make_service(broker)
        try:
            reporter.start()
            broker.publish(service.start())
            _confirm(broker, service)
            while not stopping.is_set():
                broker.wait(1)
                do_round(broker, service)
            reporter.stop(service.health())
        finally:
            service.close()


def do_round(broker: Broker, service: Service) -> None:
    """Handle all deliveries that have arrived, publish, wait for the confirms, and acknowledge.

    Args:
        broker: The connections.
        service: The service of these connections.

    Raises:
        Unconfirmed: The broker did not confirm a publication. The deliveries stay unacknowledged.
    """
    begun = time.perf_counter()
    handled = []
    for subscription in broker.subscriptions():
        deliveries, tag = subscription.pop_deliveries()
        if deliveries:
            broker.publish(poison_probe.handle(subscription.source, deliveries))
            handled.append((subscription, tag))
    broker.publish(service.tick())
    _confirm(broker, service)
    for subscription, tag in handled:
        if subscription.source.on_confirmed:
            subscription.source.on_confirmed()
        subscription.acknowledge(tag)
    if handled:
        metrics.ROUND_SECONDS.observe(time.perf_counter() - begun)


def _confirm(broker: Broker, service: Service) -> None:
    while returned := broker.confirm():
        for exchange, routing_key in returned:
            broker.publish(service.returned(exchange, routing_key))
