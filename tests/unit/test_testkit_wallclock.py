"""The clock of a test run is where TEST_CLOCK puts it, in the test's process and in those that it starts."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from testkit.wallclock import offset

DAYS = 40
PROGRAM = f"""
import subprocess, sys
from datetime import UTC, datetime
from testkit.wallclock import move
before = datetime.now(UTC)
move({DAYS} * 86_400)
print(before, datetime.now(UTC), sep="\\n", flush=True)
subprocess.run([sys.executable, "-c", "from datetime import UTC, datetime; print(datetime.now(UTC))"], check=True)
"""


@pytest.mark.parametrize(("wanted", "seconds"), [("+40d", 3_456_000), ("-3600s", -3600), ("+0s", 0)])
def test_a_clock_moves_by_days_or_seconds(wanted: str, seconds: int) -> None:
    assert offset(wanted) == seconds


@pytest.mark.parametrize("wanted", ["2028-02-29T23:58Z", "2028-03-01T04:58+05:00"])
def test_a_clock_moves_to_a_time(wanted: str) -> None:
    moved = datetime.now(UTC) + timedelta(seconds=offset(wanted))

    assert abs(moved - datetime(2028, 2, 29, 23, 58, tzinfo=UTC)) < timedelta(seconds=2)


def test_a_process_with_a_moved_clock_moves_the_clock_of_those_that_it_starts() -> None:
    environ = {**os.environ, "PYTHON_CLOCK_OFFSET": "0"}

    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True)

    before, own, started = map(datetime.fromisoformat, done.stdout.splitlines())
    ahead = timedelta(days=DAYS)
    assert ahead <= own - before < ahead + timedelta(minutes=1)
    assert timedelta(0) <= started - own < timedelta(minutes=1)
