"""Tests of defects that the faults found, and a test that a run finds an altered letter."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from testkit.processes import System
from testkit.wait import until
from tests.faults import wallclock

needs_faketime = pytest.mark.skipif(wallclock.library() is None, reason="libfaketime is not installed")


@needs_faketime
def test_a_stalled_archive_goes_on_after_the_clock_steps_back(system: System, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    wallclock.step(clock, 0)
    in_the_way = system.data / "log.txt"
    in_the_way.mkdir()
    archive = system.start("archive", 1, **wallclock.settings(clock))
    until(lambda: archive.lines("archive.stalled"), 30)

    wallclock.step(clock, -3600)
    until(lambda: archive.lines("archive.stalled")[0]["timestamp"] > _newest(archive.health), 30)
    in_the_way.rmdir()

    until(lambda: archive.lines("archive.writing"), 30)


def _newest(health: Path) -> str:
    at = orjson.loads(health.read_bytes())["at"]
    return datetime.fromtimestamp(at / 1_000_000, UTC).isoformat()


@pytest.mark.timeout(240)
def test_a_run_reports_an_altered_letter_in_log_txt(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--only", "forgery"],
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        timeout=220,
        check=False,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert "in log.txt at" in done.stdout
