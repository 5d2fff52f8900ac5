"""The loop of every worker: take in, handle, put out, wait for the confirms, acknowledge.

A worker is a function from deliveries to publications. What it took in is acknowledged only after the
broker has confirmed everything it put out; so whatever dies, nothing is lost, and what is delivered
again as a consequence is published again, which readers notice by its (session, sequence).
"""

from collections.abc import Iterable, Mapping
from threading import Event
from typing import Any, Protocol

import structlog
import tenacity

from chat_amqp.connection import recoverable_errors
from chat_amqp.publisher import Publication
from chat_worker import health, poison_probe
from chat_worker.broker import Broker
from chat_worker.delivery import Delivery, Source
from chat_worker.settings import WorkerSettings
from chat_worker.signals import stop_requested

__all__ = ["Broker", "Delivery", "Publication", "Service", "Source", "run"]

log = structlog.get_logger()


class Service(Protocol):
    """What the runtime calls. Every publication returned goes out and is confirmed."""

    def connected(self, broker: Broker) -> Iterable[Publication]:
        """After every connection: declare, consume, and forget what belonged to the one before."""
        ...

    def lost(self) -> None:
        """The connection is gone, or is closed next: let go of what another replica may need."""
        ...

    def tick(self) -> Iterable[Publication]:
        """After every round, and at least once a second."""
        ...

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """A mandatory publication reached no queue. Raise Unconfirmed to have it all delivered again."""
        ...

    def health(self) -> Mapping[str, Any]:
        """For the health report; `ready` says whether the service does its work."""
        ...


def run(settings: WorkerSettings, service: Service) -> None:
    """Serve until SIGTERM or SIGINT, connecting anew for as long as it takes, then drain."""
    with stop_requested() as stopping:
        log.info("worker.started")
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(recoverable_errors()),
            wait=tenacity.wait_random(0.1, 2),
            sleep=tenacity.sleep_using_event(stopping),
            stop=tenacity.stop_when_event_set(stopping),
            before_sleep=_log_lost,
            retry_error_callback=_log_lost,
        )
        try:
            retrying(_serve, settings, service, stopping)
        except Exception:
            log.exception("worker.crashed")
            raise SystemExit(1) from None
        log.info("worker.stopped")


def _log_lost(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("broker.lost", error=repr(error))


def _serve(settings: WorkerSettings, service: Service, stopping: Event) -> None:
    """Work round by round. Told to stop, finish the round and close the connections.

    What has arrived and was not handled goes back to its queue when the connection closes, in its old
    order and in one step with the end of the consumer. To cancel the consumers first would not do: the
    next active consumer would be given later messages while this one still has earlier ones.
    """

    def report() -> None:
        health.report(settings.health_file, service.health())

    with Broker(settings.amqp_url, settings.instance, stopping, on_heartbeat=report) as broker:
        log.info("broker.connected")
        try:
            broker.publish(service.connected(broker))
            _confirm(broker, service)
            while not stopping.is_set():
                broker.wait(1)
                do_round(broker, service)
        finally:
            service.lost()


def do_round(broker: Broker, service: Service) -> None:
    """Handle all that has arrived, put out what follows from it, and when that is confirmed acknowledge it."""
    handled = []
    for subscription in broker.subscriptions():
        deliveries, tag = subscription.take()
        if deliveries:
            broker.publish(poison_probe.handle(subscription.source, deliveries))
            handled.append((subscription, tag))
    broker.publish(service.tick())
    _confirm(broker, service)
    for subscription, tag in handled:
        subscription.acknowledge(tag)


def _confirm(broker: Broker, service: Service) -> None:
    while returned := broker.confirm():
        for exchange, routing_key in returned:
            broker.publish(service.returned(exchange, routing_key))
