"""The health reports in the stream workers.health, and what the broker knows about the connections of services."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import pytest

from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from testkit.broker import TestBroker
from testkit.processes import System, system_in
from testkit.wait import until

STREAM = topology.HEALTH_STREAM.name


class Reports:
    """The reports that a reader of the stream has received."""

    def __init__(self, broker: TestBroker, vhost: str) -> None:
        """Begin to read at the first report."""
        self.all: list[dict[str, Any]] = []
        with connect(broker.url("router", vhost), "test") as service:
            declare(service, topology.HEALTH_STREAM)
        self._connection = connect(broker.url("monitor", vhost), "test")
        channel: Any = self._connection.channel()
        channel.basic_qos(0, 100, False)
        channel.basic_consume(
            STREAM,
            callback=lambda message: self.all.append(orjson.loads(message.body)),
            arguments={"x-stream-offset": "first"},
        )

    def arrived(self, **fields: Any) -> list[dict[str, Any]]:
        """Return the reports that have arrived by now and have these fields."""
        with suppress(TimeoutError):
            self._connection.drain_events(timeout=0.05)
        return [each for each in self.all if fields.items() <= each.items()]

    def close(self) -> None:
        self._connection.release()


@pytest.fixture
def system(broker: TestBroker, vhost: str, tmp_path: Path) -> Iterator[System]:
    with system_in(broker, vhost, tmp_path) as system:
        yield system


@pytest.fixture
def reports(broker: TestBroker, vhost: str) -> Iterator[Reports]:
    found = Reports(broker, vhost)
    yield found
    found.close()


def test_each_service_reports_its_health_to_operators(system: System, reports: Reports) -> None:
    processes = system.all()
    until(lambda: len({each["service"] for each in reports.arrived(ready=True)}) == 3)
    for process in processes:
        (first, *_) = reports.arrived(instance=process.name, ready=True)
        assert (first["version"], first["interval"], first["blocked"]) == (1, 5, False)
        assert (first["service"], first["release"]) == (process.name.split("-")[0], version("chat-worker"))
        assert first["pid"] == process.popen.pid
        assert abs(first["at"] - orjson.loads(process.health.read_bytes())["at"]) < 60_000_000


def test_a_replica_reports_once_in_five_seconds_and_says_when_it_stops(system: System, reports: Reports) -> None:
    router = system.started("router")
    until(lambda: len(reports.arrived(ready=True)) == 2)
    first, second = (each["at"] for each in reports.all if each["ready"])
    assert 4_000_000 < second - first < 8_000_000

    router.send(signal.SIGTERM)
    (last,) = until(lambda: reports.arrived(stopped=True))
    assert (last["instance"], last["ready"]) == (router.name, False)


def test_a_replica_declares_a_deleted_stream_again(broker: TestBroker, vhost: str, system: System) -> None:
    router = system.started("router")
    broker.delete_queue(vhost, STREAM)
    until(lambda: broker.queue(vhost, STREAM), 20)
    assert router.ready()
    assert not router.lines("broker.lost")


def test_the_broker_shows_product_version_and_replica_of_each_connection(broker: TestBroker, system: System) -> None:
    router = system.started("router")

    def found() -> list[dict[str, Any]]:
        properties = [each.get("client_properties", {}) for each in broker.call("GET", "connections")]
        return [each for each in properties if router.name in each.get("connection_name", "")]

    until(lambda: len(found()) == 3, 20)
    properties = found()
    names = {each["connection_name"] for each in properties}
    assert names == {f"router {router.name} {purpose}" for purpose in ("consuming", "publishing", "answering")}
    assert {(each["product"], each["version"]) for each in properties} == {("Tertulia", version("chat-amqp"))}
