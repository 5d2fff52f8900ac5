"""The registry's service on one connection, without a broker: its health and its metrics."""

import itertools
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from kombu.entity import Queue

from chat_amqp import former, topology
from chat_amqp.publisher import Publication
from chat_registry import replay
from chat_registry.__main__ import build
from chat_registry.service import RegistryService
from chat_wire.codec import encode
from chat_wire.messages import Claim, Exit, ListUsers, Release
from chat_worker.broker import Broker
from chat_worker.delivery import Delivery, Source
from chat_worker.metrics import REGISTRY

PRIVATE_KEY = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
INBOX = f"inbox.{'0' * 32}"
SECOND = 1_000_000


class FakeBroker:
    """A broker with the sources that the service consumes."""

    def __init__(self) -> None:
        """Create a broker without consumers."""
        self.sources: dict[str, Source] = {}

    def declare(self, *queues: Queue) -> None:
        pass

    def consume(self, source: Source) -> None:
        self.sources[source.queue] = source

    def find_listeners(self, addresses: list[str], _seconds: float) -> dict[str, bool]:
        return {addresses.pop(): True for _ in list(addresses)}

    def cancel(self, queue: str) -> None:
        del self.sources[queue]


class Registry:
    """A service on new connections, and a journal that returns what the service appends."""

    def __init__(self) -> None:
        """Start the service; it has read nothing."""
        self.broker = FakeBroker()
        make_service = build({"TOKEN_PRIVATE_KEY": PRIVATE_KEY, "AMQP_URL": "amqp://registry@broker"}, "registry-1")
        self.service = cast("RegistryService", make_service(cast("Broker", self.broker)))
        self.started = list(self.service.start())
        self._offset = itertools.count()

    def serve(self) -> None:
        """Let the service read its markers, so that it serves."""
        [marker] = self.handle(topology.SNAPSHOTS_STREAM.name, *self.started)
        self.read(marker)

    def handle(self, queue: str, *published: Publication, exchange: str = "chat.registry") -> list[Publication]:
        """Deliver bodies to the handler of a queue, and return its publications."""
        deliveries = [
            Delivery(
                body=each.body,
                queue=queue,
                exchange=exchange,
                routing_key="",
                reply_to=INBOX,
                headers={},
                offset=next(self._offset) if queue == topology.JOURNAL_STREAM.name else None,
                redelivered=False,
            )
            for each in published
        ]
        return list(self.broker.sources[queue].handle(deliveries))

    def read(self, *published: Publication) -> None:
        """Let the journal return publications."""
        self.handle(topology.JOURNAL_STREAM.name, *(each for each in published if each.exchange == "chat.journal"))

    def ask(self, *requests: Claim | Exit | ListUsers | Release, exchange: str = "chat.registry") -> list[Publication]:
        """Deliver requests together, and return what the service publishes."""
        bodies = [Publication(exchange="", routing_key="", body=encode(request)) for request in requests]
        return self.handle(former.COMMANDS.name, *bodies, exchange=exchange)


def claim(name: str, request: str) -> Claim:
    return Claim(request=request, name=name, secret=f"{request:x<64}")


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"tertulia_{name}", labels) or 0.0


def test_a_registry_that_does_not_know_the_names_yet_is_not_ready_and_says_so() -> None:
    registry = Registry()
    health = registry.service.health()
    assert (health["ready"], "reads the names in use" in health["reason"]) == (False, True)

    registry.serve()

    assert registry.service.health() == {"ready": True, "offset": 0, "names": 0, "connected": 0}


def test_a_registry_whose_journal_returns_nothing_is_not_ready_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    time = [100 * SECOND]
    monkeypatch.setattr(replay, "steady", lambda: time[0])
    registry = Registry()
    registry.serve()

    appended = registry.ask(claim("ann", "r1"))
    time[0] += 9 * SECOND
    assert registry.service.health()["ready"]
    time[0] += 2 * SECOND
    health = registry.service.health()
    assert (health["ready"], "registry.journal has returned nothing for 11 s" in health["reason"]) == (False, True)

    registry.read(*appended)
    assert registry.service.health()["ready"]


def test_commands_claims_and_refusals_are_counted() -> None:
    registry = Registry()
    registry.serve()
    samples = [
        ("registry_commands_total", {"command": "claim"}, 4),
        ("registry_commands_total", {"command": "release"}, 1),
        ("registry_claims_total", {"outcome": "granted"}, 1),
        ("registry_claims_total", {"outcome": "refused"}, 3),
        ("refusals_total", {"reason": "invalid_name"}, 1),
        ("refusals_total", {"reason": "name_taken"}, 1),
        ("refusals_total", {"reason": "name_alike"}, 1),
        ("refusals_total", {"reason": "not_held"}, 1),
        ("registry_journal_seconds_count", {}, 3),
    ]
    before = [counted(name, **labels) for name, labels, _ in samples]

    registry.read(*registry.ask(claim("al", "r1"), claim("two words", "r2")))
    registry.read(*registry.ask(claim("al", "r3"), claim("a1", "r4")))
    registry.read(*registry.ask(Release(request="r5", name="bob"), exchange="chat.operator"))

    found = [counted(name, **labels) for name, labels, _ in samples]
    assert [after - first for first, after in zip(before, found, strict=True)] == [each for _, _, each in samples]


def test_names_and_connected_sessions_are_reported_and_shown_as_metrics() -> None:
    registry = Registry()
    registry.serve()
    registry.read(*registry.ask(claim("ann", "r1"), claim("bob", "r2")))

    health = registry.service.health()

    assert (health["names"], health["connected"]) == (2, 2)
    assert (counted("registry_names"), counted("registry_sessions_connected")) == (2, 2)
    registry.read(*registry.service.returned("", INBOX))
    assert registry.service.health()["connected"] == 0
    assert counted("registry_sessions_connected") == 0
