"""Scenario rest: 1,000 members join a room and then send nothing."""

import time
from collections.abc import Iterator

from bench.crowd import Crowd
from bench.feed import batches, feed
from bench.result import Result, Target
from bench.stage import Stage
from bench.usage import memory, processor_seconds
from chat_amqp import topology
from chat_client.membership import HISTORY
from testkit.processes import System
from testkit.wait import until

AT_ONCE = 25
# The registry probes all connected members once a minute, which is part of being at rest.
REST_SECONDS = 60
SERVICES = ("registry", "router", "archive")
WITHIN_A_MINUTE = Target(at_most=60)
IDLE = Target(at_most=1)
SMALL = Target(at_most=70)


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure the time until all have joined, and then the cost for the broker and each service."""
    members, seconds = (50, 3) if quick else (1_000, REST_SECONDS)
    with stage.system() as system, Crowd(system.url("client")) as crowd:
        pids = dict(zip(SERVICES, (service.popen.pid for service in system.all()), strict=True))
        make_history(stage, system)
        megabytes = memory(stage.broker_process)
        yield _join(crowd, members)
        used = {service: processor_seconds([pid]) for service, pid in pids.items()}
        crowd.rest(seconds)
        used = {service: processor_seconds([pid]) - used[service] for service, pid in pids.items()}
        crowd.check(members)
        growth = memory(stage.broker_process) - megabytes
        yield Result(scenario="rest", case="broker, per member", unit="kB", ours=1000 * growth / members)
        for service, pid in pids.items():
            percent = 100 * used[service] / seconds
            yield Result(scenario="rest", case=f"{service}, processor", unit="%", ours=percent, target=IDLE)
            yield Result(scenario="rest", case=f"{service}, memory", unit="MB", ours=memory(pid), target=SMALL)


def make_history(stage: Stage, system: System) -> None:
    """Give the room a history."""
    feed(stage.operator_url, topology.ROOM.name, "lobby", batches(HISTORY, HISTORY))
    until(lambda: len(system.recorded()) == HISTORY, 30, "the archive has recorded the history")


def _join(crowd: Crowd, members: int) -> Result:
    """Measure the time until all members have joined and each has received the notices of all."""
    begun = time.monotonic()
    for first in range(0, members, AT_ONCE):
        crowd.join(f"member{number}" for number in range(first, min(first + AT_ONCE, members)))
        crowd.read()
    crowd.see(members)
    took = time.monotonic() - begun
    return Result(scenario="rest", case=f"{members:,} members join", unit="s", ours=took, target=WITHIN_A_MINUTE)
