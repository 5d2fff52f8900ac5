"""The schedule of the probes of reply addresses."""

import time
from types import SimpleNamespace
from typing import cast

import pytest

from chat_registry.address_probes import AddressProbes
from chat_registry.appender import Appender
from chat_registry.view import View
from testkit.registry import Journal


def test_a_broker_that_does_not_answer_is_asked_once_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    journal = Journal()
    for number in range(5):
        journal.open(f"bob{number}", f"author-{number}", "r1")
        journal.renew(f"author-{number}", "r1", "r2", f"amq.rabbitmq.reply-to.{number}")
    view = cast("View", SimpleNamespace(state=journal.state))
    asked: list[float] = []

    def find_listeners(addresses: list[str], _seconds: float) -> dict[str, bool]:
        asked.append(clock[0])
        addresses.pop()
        clock[0] += 1
        return {}

    probes = AddressProbes(
        view, cast("Appender", SimpleNamespace(append=lambda _entries: ())), find_listeners, every=30
    )
    probes.begin()
    for _ in range(70):
        clock[0] += 1
        list(probes.due())

    assert len(asked) == 2
