"""Scenario join: the time until a client is in the room, from its start and from the name that a person has typed.

One client joins at a time, in an empty room and in a room with a crowd; then several join at once. The clients are
sessions of the real client, without a screen.
"""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from bench.crowd import Crowd
from bench.rest import make_history
from bench.result import Result, Target
from bench.stage import Stage
from bench.times import Times
from bench.usage import processor_seconds
from chat_client.events import Ended, Event, Joined, NameRefused
from chat_client.session import Session
from testkit.processes import System

WAIT_SECONDS = 30
TYPING_SECONDS = 0.1  # a client connects while the person types
CROWD, AT_ONCE, WARM_UP = 100, 20, 3
WITHIN_A_MOMENT = Target(at_most=100)


class Joiner:
    """A session that measures the time until it is in the room."""

    def __init__(self, url: str, name: str, typing: float = 0.0) -> None:
        """Start to join.

        Args:
            url: The URL that clients have.
            name: The name to claim.
            typing: The seconds between the start and the claim.
        """
        self._joined, self._ended = threading.Event(), threading.Event()
        self._began = time.perf_counter()
        self._at = 0.0
        self._session = Session(url, secrets.token_hex(32), self._on_event)
        self._session.start()
        if typing:
            time.sleep(typing)
            self._began = time.perf_counter()
        self._session.join(name)

    def took(self) -> float:
        """Wait until the session has joined, and return the seconds that it took."""
        assert self._joined.wait(WAIT_SECONDS), f"a client has not joined within {WAIT_SECONDS} s"
        assert self._at, "a name was refused"
        return self._at - self._began

    def leave(self) -> None:
        """Leave, and free the name."""
        self._session.exit()
        assert self._ended.wait(WAIT_SECONDS), f"a client has not left within {WAIT_SECONDS} s"
        self._session.close()

    def _on_event(self, event: Event) -> None:
        match event:
            case Joined():
                self._at = time.perf_counter()
                self._joined.set()
            case NameRefused():
                self._joined.set()
            case Ended():
                self._ended.set()


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure percentiles in milliseconds, and the processor time of a client that joins and leaves."""
    times, present = (10, CROWD // 10) if quick else (200, CROWD)
    with stage.system() as system, Crowd(system.url("client")) as crowd:
        joins = Joins(stage, system, times)
        make_history(stage, system)
        yield joins.one_by_one("alone, from the start")
        yield joins.one_by_one("alone, from the name", TYPING_SECONDS)
        yield joins.at_once()
        for first in range(0, present, AT_ONCE):
            crowd.join(f"member{number}" for number in range(first, min(first + AT_ONCE, present)))
        with _reading(crowd):
            yield joins.one_by_one(f"with {present} present")


class Joins:
    """Clients that join and leave a chat."""

    def __init__(self, stage: Stage, system: System, times: int) -> None:
        """Start the chat.

        Args:
            stage: The stage with the broker.
            system: The chat.
            times: How many clients join in each case.
        """
        self._url = system.url("client")
        self._times = times
        self._processes: dict[str, list[int | psutil.Process]] = {
            "services": [*(process.popen.pid for process in system.all())],
            "broker": [stage.broker_process],
            "client": [psutil.Process()],
        }

    def one_by_one(self, case: str, typing: float = 0.0) -> Result:
        """Let one client after the other join and leave."""
        for number in range(WARM_UP):
            _left(Joiner(self._url, f"first{number}"))
        took, before = Times(), self._used()
        for number in range(self._times):
            took.add(_left(Joiner(self._url, f"one{number}", typing)))
        return self._result(case, took, before)

    def at_once(self) -> Result:
        """Let several clients join at once."""
        took, before = Times(), self._used()
        for _ in range(0, self._times, AT_ONCE):
            joiners = [Joiner(self._url, f"many{number}") for number in range(AT_ONCE)]
            for seconds in [joiner.took() for joiner in joiners]:
                took.add(seconds)
            for joiner in joiners:
                joiner.leave()
        return self._result(f"{AT_ONCE} at once", took, before)

    def _used(self) -> dict[str, float]:
        return {name: processor_seconds(processes) for name, processes in self._processes.items()}

    def _result(self, case: str, took: Times, before: dict[str, float]) -> Result:
        milliseconds = {name: 1000 * (used - before[name]) / took.count for name, used in self._used().items()}
        return Result(
            scenario="join",
            case=case,
            unit="ms p50",
            ours=took.percentile(50),
            target=WITHIN_A_MOMENT,
            more={
                "p99, ms": took.percentile(99),
                "max, ms": took.percentile(100),
                **{f"{name}, processor ms": value for name, value in milliseconds.items()},
            },
        )


def _left(joiner: Joiner) -> float:
    """Let a client leave once it has joined, and return the seconds until it had joined."""
    seconds = joiner.took()
    joiner.leave()
    return seconds


@contextmanager
def _reading(crowd: Crowd) -> Iterator[None]:
    """Let the crowd read what arrives, in a thread."""
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            crowd.read(0.1)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
