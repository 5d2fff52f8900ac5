"""Scenario start: the time until a registry replica with 100,000 names is ready."""

import time
from collections.abc import Iterator

from bench.feed import feed
from bench.result import Result, Target
from bench.stage import Stage
from bench.usage import memory
from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_registry import journal, snapshots
from chat_registry.domain import apply
from chat_registry.journal import ClaimName
from chat_registry.service import SNAPSHOT_EVERY
from chat_registry.state import State
from chat_wire.codec import encode
from testkit.processes import Process, System
from testkit.wait import until

TARGET = Target(at_most=3.0)
START_SECONDS = 60
HOUR = 3_600_000_000
SINCE = SNAPSHOT_EVERY - 1


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure the seconds from the start of the process until it is ready, just before the next snapshot is due."""
    names = 5_000 if quick else 100_000
    with stage.system() as system:
        _, without_names = _started(system)
    with stage.system() as system:
        _feed(stage.operator_url, names)
        registry, seconds = _started(system)
        assert registry.lines("registry.ready")[0]["names"] == names + SINCE
        assert not registry.lines("stream.diverged")
        yield Result(
            scenario="start",
            case=f"{names:,} names",
            unit="s",
            ours=seconds,
            target=TARGET,
            more={"without names, s": without_names, "registry, memory MB": memory(registry.popen.pid)},
        )


def _started(system: System) -> tuple[Process, float]:
    """Start a registry replica; return it, and the seconds until it was ready."""
    begun = time.monotonic()
    registry = system.start("registry")
    until(lambda: b'"registry.ready"' in registry.log.read_bytes(), START_SECONDS, "the registry is ready")
    return registry, time.monotonic() - begun


def _feed(url: str, names: int) -> None:
    """Publish a snapshot, and a journal from the last entry of that snapshot to just before the next one."""
    state = State()
    claims = [_claim(number) for number in range(names + SINCE)]
    for offset, claim in enumerate(claims[:names]):
        apply(state, offset, claim)
    state.offset = 0
    entries = [encode(claim) for claim in claims[names - 1 :]]
    parts = [encode(part) for part in snapshots.parts_of(state, journal.digest(entries[0]))]
    with connect(url, "bench") as connection:
        declare(connection, *topology.REGISTRY_QUEUES)
    feed(url, topology.JOURNAL.name, "", entries)
    feed(url, topology.SNAPSHOTS.name, "", parts)


def _claim(number: int) -> ClaimName:
    return ClaimName(
        origin="another replica",
        time=time.time_ns() // 1000 - HOUR + number,
        request=f"{number:032x}",
        inbox=f"inbox.{number:032x}",
        name=f"name{number}",
        key=f"name{number}",
        author=f"{number:064x}",
    )
