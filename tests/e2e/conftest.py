"""The whole system, in the virtual host for which the broker reports lost connections."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.broker import TestBroker
from testkit.processes import System, system_in


@pytest.fixture
def chat(broker: TestBroker, tmp_path: Path) -> Iterator[System]:
    """Start registry, router and archive, and wait until they are ready."""
    broker.empty("/")
    with system_in(broker, "/", tmp_path) as system:
        system.all()
        yield system
