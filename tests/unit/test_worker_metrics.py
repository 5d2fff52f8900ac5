"""The metrics of a worker, and the HTTP server that shows them."""

import os
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterable

import pytest
from prometheus_client import Gauge, Metric
from prometheus_client.registry import Collector
from structlog.testing import capture_logs

from chat_wire.errors import InvalidToken
from chat_worker import metrics
from chat_worker.dead import dead_letter
from chat_worker.delivery import Delivery
from chat_worker.replies import refusal
from testkit.metrics import free_port

DELIVERY = Delivery(
    body=b"",
    queue="registry.commands",
    exchange="chat.registry",
    routing_key="",
    reply_to=None,
    headers={},
    offset=None,
    redelivered=False,
)


@pytest.fixture
def port() -> int:
    return free_port()


def scraped(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_prometheus_reads_the_metrics_over_http(port: int) -> None:
    metrics.serve("router", "router-1", "127.0.0.1", port)
    text = scraped(port)
    assert 'tertulia_build_info{replica="router-1",service="router",version="' in text
    assert "# TYPE tertulia_round_seconds histogram" in text
    assert "process_resident_memory_bytes" in text
    assert "_created" not in text


def test_a_port_that_is_taken_is_logged_with_what_to_do_and_stops_nothing(port: int) -> None:
    with socket.socket() as other, capture_logs() as lines:
        other.bind(("127.0.0.1", port))
        other.listen()
        metrics.serve("router", "router-1", "127.0.0.1", port)
    (line,) = lines
    assert (line["event"], line["log_level"], line["port"]) == ("metrics.unavailable", "error", port)
    assert "METRICS_PORT" in line["todo"]


def test_dead_letters_and_refusals_by_reason_are_counted() -> None:
    before = value("tertulia_dead_letters_total"), value("tertulia_refusals_total", reason="invalid_token")
    dead_letter(DELIVERY, InvalidToken("no"))
    refusal(DELIVERY, "r1", InvalidToken("no"))
    after = value("tertulia_dead_letters_total"), value("tertulia_refusals_total", reason="invalid_token")
    assert after == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(
    "restricted", [lambda registry: registry, lambda registry: registry.restricted_registry(["tertulia_a_gauge"])]
)
def test_a_process_that_is_forked_during_a_scrape_can_use_the_metrics(
    restricted: Callable[[metrics.Registry], Collector],
) -> None:
    registry = metrics.Registry()
    gauge = Gauge("tertulia_a_gauge", "for this test", registry=registry)
    scraping, go_on = threading.Event(), threading.Event()

    class Slow(Collector):
        def collect(self) -> Iterable[Metric]:
            with gauge._value._lock:  # as the scrape holds it for a moment
                scraping.set()
                go_on.wait(1)
            return []

    registry.register(Slow())
    scrape = threading.Thread(target=lambda: list(restricted(registry).collect()))
    scrape.start()
    assert scraping.wait(10)
    threading.Timer(0.1, go_on.set).start()
    child = os.fork()
    if not child:
        os._exit(0 if gauge._value._lock.acquire(timeout=5) else 1)
    scrape.join(10)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
