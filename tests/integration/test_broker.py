"""The connections of a worker to a real broker: confirms, acknowledgements and their order."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

import chat_worker.broker
from chat_amqp import connection, former, topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication
from chat_worker.broker import Broker
from chat_worker.delivery import Source
from chat_worker.runtime import do_round
from testkit.broker import TestBroker
from testkit.wait import until

QUEUE = former.ingress(0).name


class FakeService:
    """A service that keeps the bodies that it handles, and returns given publications."""

    def __init__(self, *publications: Publication) -> None:
        """Create the service, which returns the given publications for each group of deliveries."""
        self.bodies: list[bytes] = []
        self._publications = publications

    def start(self) -> Any:
        return []

    def close(self) -> None:
        return

    def tick(self) -> Any:
        return []

    def returned(self, exchange: str, routing_key: str) -> Any:
        raise Unconfirmed(f"{exchange} {routing_key}")

    def health(self) -> Any:
        return {"ready": True}

    def handle(self, deliveries: Any) -> Any:
        self.bodies += [delivery.body for delivery in deliveries]
        return self._publications


class Cable:
    """Carries the bytes of TCP connections to an address, until it is cut: then it carries none, and says nothing."""

    def __init__(self, host: str, port: int) -> None:
        """Listen on a free port of the loopback interface."""
        self._target = (host, port)
        self._cut = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._cut.set()

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection(self._target)
            for source, sink in ((near, far), (far, near)):
                Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while carried := source.recv(65_536):
                if not self._cut.is_set():
                    sink.sendall(carried)


@pytest.fixture
def url(broker: TestBroker, vhost: str) -> str:
    return broker.url("router", vhost)


@pytest.fixture
def queue(url: str) -> Iterator[Any]:
    """Yield a channel on which the queue of partition 0 holds one message."""
    with connect(url, "test") as connection:
        channel: Any = connection.channel()
        declare(connection, former.ingress(0), *topology.ROOM_STREAMS)
        channel.basic_publish(channel.prepare_message(b"one"), "", QUEUE)
        until(lambda: ready(channel))
        yield channel


def ready(channel: Any) -> int:
    return int(channel.queue_declare(QUEUE, passive=True).message_count)


def served(url: str, service: FakeService) -> None:
    with Broker(url, "worker", Event(), on_heartbeat=lambda: None) as broker:
        broker.consume(Source(queue=QUEUE, handle=service.handle))

        def handled() -> bool:
            broker.wait(1)
            do_round(broker, service)
            return bool(service.bodies)

        until(handled)


def to_room(body: bytes, room: str = "lobby") -> Publication:
    return Publication(exchange=topology.ROOM.name, routing_key=room, body=body)


def test_a_delivery_whose_publications_are_confirmed_does_not_come_again(url: str, queue: Any) -> None:
    served(url, FakeService(to_room(b"{}")))
    queue.basic_publish(queue.prepare_message(b"two"), "", QUEUE)
    second = FakeService()
    served(url, second)
    assert second.bodies == [b"two"]


def test_a_delivery_whose_publications_are_not_confirmed_comes_again(url: str, queue: Any) -> None:
    with pytest.raises(Unconfirmed):
        served(url, FakeService(to_room(b"{}", room="nowhere")))
    until(lambda: ready(queue) == 1)
    second = FakeService()
    served(url, second)
    assert second.bodies == [b"one"]


def test_a_publication_after_confirms_is_not_sent_after_one_that_was_returned(url: str, queue: Any) -> None:
    later = Publication(exchange="", routing_key=QUEUE, body=b"two", after_confirms=True)
    with Broker(url, "worker", Event(), on_heartbeat=lambda: None) as broker:
        with pytest.raises(Unconfirmed, match="returned a publication that others were to follow"):
            broker.publish([to_room(b"{}", room="nowhere"), later])
        assert broker.confirm() == []
    assert ready(queue) == 1


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("publications", [0, 1])
def test_a_worker_that_stops_does_not_wait_for_a_network_that_is_cut(
    url: str, monkeypatch: pytest.MonkeyPatch, publications: int
) -> None:
    monkeypatch.setattr(chat_worker.broker, "STOP_SECONDS", 0)
    parts, stopping = urlsplit(url), Event()
    cable = Cable(parts.hostname or "", parts.port or 0)
    near = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{cable.port}").geturl()
    broker = Broker(near, "test", stopping, lambda: None)

    begun = time.monotonic()
    with suppress(Unconfirmed), broker:
        cable.cut()
        stopping.set()
        broker.publish([Publication(exchange="chat.ingress", routing_key="0", body=b"x")] * publications)
        broker.confirm()

    assert time.monotonic() - begun < 10


def test_connections_spread_over_the_nodes_that_are_up(broker: TestBroker, vhost: str) -> None:
    """All URLs are of one node here; the user of the connection tells which URL was used."""
    nodes = [broker.url("router", vhost), broker.url("archive", vhost), "amqp://127.0.0.1:1"]
    reached: set[str] = set()

    def reaches_both() -> bool:
        with connect(";".join(nodes), "test") as connection:
            reached.add(str(connection.userid))
        return reached == {"router", "archive"}

    until(reaches_both)


def test_a_name_of_several_nodes_leads_to_the_one_that_answers(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    host, port = str(urlsplit(url).hostname), int(urlsplit(url).port or 0)
    resolve = socket.getaddrinfo

    def resolve_all(name: Any, *others: Any, **options: Any) -> list[Any]:
        nodes = ["127.0.0.77", host] if name == "all.nodes" else [name]
        return [entry for node in nodes for entry in resolve(node, *others, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve_all)
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.5)

    with socket.create_server(("127.0.0.77", port)):  # it accepts connections, and never answers
        # when
        for _ in range(4):
            connected = connect(url.replace(host, "all.nodes"), "test")

            # then
            assert connected.connected
            connected.release()
