"""The systems that the hostile client attacks: one that runs, and the objects of one without its services."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testkit.broker import TestBroker
from testkit.processes import System, system_in


@pytest.fixture(scope="session")
def chat(broker: TestBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Yield a running chat. The tests share it, so a service that one of them blocks fails the others."""
    vhost = broker.create_vhost()
    with system_in(broker, vhost, tmp_path_factory.mktemp("chat")) as system:
        system.all()
        yield system
    broker.delete_vhost(vhost)


@dataclass(frozen=True, slots=True)
class Objects:
    """Everything that the services have declared, without the services.

    Attributes:
        broker: The broker.
        vhost: The virtual host.
        exchanges: The names of all exchanges; the default exchange has an empty one.
        queues: The names of all queues and streams.
    """

    broker: TestBroker
    vhost: str
    exchanges: tuple[str, ...]
    queues: tuple[str, ...]


@pytest.fixture(scope="session")
def objects(broker: TestBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Objects]:
    """Start the services, end them, and yield what they leave at the broker, as the broker lists it."""
    vhost = broker.create_vhost()
    with system_in(broker, vhost, Path(tmp_path_factory.mktemp("objects"))) as system:
        system.all()
    exchanges, queues = broker.call("GET", f"exchanges/{vhost}"), broker.call("GET", f"queues/{vhost}")
    names = [tuple(sorted(each["name"] for each in found)) for found in (exchanges, queues)]
    yield Objects(broker, vhost, names[0], tuple(name for name in names[1] if not name.startswith("router.seat.")))
    broker.delete_vhost(vhost)
