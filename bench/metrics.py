"""Scenario metrics: a flood with metrics that are scraped every 5 s, and one without, in turns.

The baseline runs the same services, which count nothing (testkit/uncounted) and have no HTTP server. Each pair of
floods gives a ratio, so that other load on the machine affects both.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import testkit
from bench.measure import Measured, measure
from bench.reader import Reading
from bench.result import Result, Target
from bench.sender import joined, send_all
from bench.stage import Stage
from testkit.metrics import free_port
from testkit.wait import until

SERVICES = ("registry", "router", "archive")
UNCOUNTED = str(Path(testkit.__file__).parent / "uncounted")
MEMBERS = 10
PAIRS, POSTS = 10, 100_000
QUICK_PAIRS, QUICK_POSTS = 1, 5_000
# The interval of observability/prometheus.yaml.
SCRAPER = """
import sys, time, urllib.request
while True:
    for port in sys.argv[1:]:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read()
    time.sleep(5)
"""
COSTS_LITTLE = Target(at_least=0.98)


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure the posts per second that reach all members, and the processor time of the services."""
    pairs, posts = (QUICK_PAIRS, QUICK_POSTS) if quick else (PAIRS, POSTS)
    measured = [_pair(stage, posts, counted_first=bool(number % 2)) for number in range(pairs)]
    rates = [counted.rate / without.rate for counted, without in measured]
    work = [counted.workers / without.workers for counted, without in measured]
    without = median(pair[1].rate for pair in measured)
    yield Result(
        scenario="metrics",
        case=f"{MEMBERS} members",
        unit="posts/s",
        ours=without * median(rates),
        baseline=without,
        baseline_name="without metrics",
        target=None if quick else COSTS_LITTLE,
        more={
            "pairs": pairs,
            "ratio, smallest": min(rates),
            "ratio, greatest": max(rates),
            "processor time of the services, ratio": median(work),
        },
    )


def _pair(stage: Stage, posts: int, counted_first: bool) -> tuple[Measured, Measured]:
    """Return a flood with metrics and one without, which ran in this order or in the other."""
    if counted_first:
        return _flood(stage, posts, counted=True), _flood(stage, posts, counted=False)
    without = _flood(stage, posts, counted=False)
    return _flood(stage, posts, counted=True), without


def _flood(stage: Stage, posts: int, counted: bool) -> Measured:
    ports = [free_port() for _ in SERVICES] if counted else []
    each = [("METRICS_PORT", str(port)) for port in ports] or [("PYTHONPATH", UNCOUNTED)] * len(SERVICES)
    with stage.system() as system:
        processes = [system.start(name, 1, **{key: value}) for name, (key, value) in zip(SERVICES, each, strict=True)]
        for process in processes:
            until(process.ready, 30, f"{process.name} is ready")
        with joined(stage.client_url, ["flood"]) as senders, _scraped(ports):
            senders[0].write(posts)
            reading = Reading(url=stage.member_url, members=MEMBERS, posts=posts)
            return measure(stage, reading, [each.popen.pid for each in processes], lambda: send_all(senders))


@contextmanager
def _scraped(ports: Sequence[int]) -> Iterator[None]:
    """Read the metrics at these ports now and every 5 s, in a process of its own."""
    scraper = subprocess.Popen([sys.executable, "-c", SCRAPER, *map(str, ports)])
    try:
        yield
    finally:
        scraper.kill()
        scraper.wait()
