"""The metrics of all services for Prometheus, and the HTTP server that shows them.

A metric is an object of prometheus-client in `REGISTRY`. The loop of a worker only counts and sets; the server reads in
its own thread. Each service has its own metrics in a module `metrics`. The names follow the rules of Prometheus
(https://prometheus.io/docs/practices/naming/), and docs/reference/metrics.md lists them.
"""

import os
import threading
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import prometheus_client
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector

log = structlog.get_logger()

# From one fsync of a good disk to the longest wait for the broker, which is 30 s.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Registry(CollectorRegistry):
    """A registry that nobody forks in the middle of a scrape.

    The poison probe forks the worker. If another thread held the lock of a metric at that moment, the lock would stay
    held in the copy, and the copy would wait for it without an end.
    """

    def __init__(self) -> None:
        """Make an empty registry."""
        super().__init__()
        self._scrape = threading.Lock()
        os.register_at_fork(
            before=self._scrape.acquire, after_in_parent=self._scrape.release, after_in_child=self._scrape.release
        )

    def collect(self) -> Iterable[Metric]:
        """Return all metrics with their values of now."""
        with self._scrape:
            return list(super().collect())

    def restricted_registry(self, _names: Iterable[str]) -> Any:
        """Return all metrics for `/metrics?name[]=NAME` too: prometheus-client would read them without the lock."""
        return self


REGISTRY = Registry()
ProcessCollector(registry=REGISTRY)

BUILD_INFO = Gauge(
    "tertulia_build_info",
    "1, with the version and INSTANCE as labels",
    ("service", "version", "replica"),
    registry=REGISTRY,
)
READY = Gauge("tertulia_ready", "1 if the replica does its work, else 0", registry=REGISTRY)
ROUND_SECONDS = Histogram(
    "tertulia_round_seconds",
    "time of a round that handled deliveries, until the broker has confirmed its publications",
    buckets=SECONDS,
    registry=REGISTRY,
)
UNCONFIRMED = Gauge(
    "tertulia_unconfirmed", "publications that the broker has not confirmed, looked at once a second", registry=REGISTRY
)
BROKER_BLOCKED = Gauge(
    "tertulia_broker_blocked", "1 while the broker is in alarm and takes no publications, else 0", registry=REGISTRY
)
ANSWERS_DROPPED = Counter(
    "tertulia_answers_dropped_total",
    "answers to clients that the replica could not send at once; a client that gets none asks again",
    registry=REGISTRY,
)
RECONNECTIONS = Counter(
    "tertulia_reconnections_total",
    "connections to the broker that the replica lost, closed because of an error, or could not make",
    registry=REGISTRY,
)
DEAD_LETTERS = Counter(
    "tertulia_dead_letters_total", "messages that the replica put into `dead-letters`", registry=REGISTRY
)
REFUSALS = Counter(
    "tertulia_refusals_total",
    "requests and posts that the replica refused; [reasons](messages.md#reasons)",
    ("reason",),
    registry=REGISTRY,
)


def serve(service: str, instance: str, host: str, port: int) -> None:
    """Serve the metrics over HTTP in a daemon thread. If the port cannot be used, log that and go on without.

    Args:
        service: The service's name.
        instance: The replica's name. Prometheus itself may know only an address.
        host: The address to listen on.
        port: The port.
    """
    prometheus_client.disable_created_metrics()
    BUILD_INFO.labels(service, version("chat-worker"), instance).set(1)
    try:
        prometheus_client.start_http_server(port, host, REGISTRY)
    except OSError as error:
        todo = "set METRICS_HOST and METRICS_PORT to an address and a port that are free, and restart this replica"
        log.error("metrics.unavailable", host=host, port=port, error=str(error), todo=todo)
    else:
        log.info("metrics.served", host=host, port=port)


def set_health(health: Mapping[str, Any]) -> None:
    """Set the metrics that come from the health report.

    Args:
        health: The fields of the report.
    """
    READY.set(bool(health.get("ready")))
