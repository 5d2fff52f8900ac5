"""The health report, which a worker writes each second, and the check that reads it.

    python -m chat_worker.health [--end-stuck]

exits with status 0 if the report in HEALTH_FILE is fresh and says `ready`; else with status 1 and the reason on stderr.
A worker writes no report while it is stuck, and while the file cannot be written. With --end-stuck, the check also ends
a worker that has not reported for 60 s.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import structlog

from chat_wire.settings import SettingError, setting
from chat_wire.units import SECOND
from chat_worker.clock import now
from chat_worker.settings import HEALTH_FILE
from chat_worker.stuck import end_stuck

log = structlog.get_logger()

FRESH_SECONDS = 15


def report(path: Path, health: Mapping[str, Any]) -> None:
    """Replace the report in one step, so a reader sees the old one or the new one.

    If the file cannot be written, log `health.not_written` and return: the worker goes on, and the check fails once the
    old report is older than 15 s.

    Args:
        path: The file.
        health: The fields of the report besides `at`, the time in microseconds since 1970-01-01 UTC, and `pid`.
    """
    new = path.with_suffix(".new")
    try:
        new.write_bytes(orjson.dumps({"at": now(), "pid": os.getpid(), **health}, default=str))
        new.replace(path)
    except OSError as error:
        log.warning("health.not_written", path=str(path), error=str(error))


def problem(path: Path) -> str | None:
    """Return why the worker that reports to a file is unhealthy; None if it is healthy.

    Args:
        path: The file.
    """
    try:
        health = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return f"{path} does not exist: the worker has not started yet"
    age = abs(now() - health["at"]) / SECOND  # a report from the future, written before the clock was set back
    if age > FRESH_SECONDS:
        return f"no report for {age:.0f} s: the worker is stuck, or it cannot write {path}"
    if not health.get("ready"):
        return f"not ready: {health.get('reason') or health}"
    return None


def main() -> None:
    """Exit with status 0 if the worker is healthy, else with status 1 and the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m chat_worker.health", description="check the health of a worker")
    parser.add_argument("--end-stuck", action="store_true", help="end the worker if it has not reported for 60 s")
    ends = parser.parse_args().end_stuck
    try:
        path = Path(setting(os.environ, "HEALTH_FILE", HEALTH_FILE))
    except SettingError as error:
        sys.exit(str(error))
    sys.exit((end_stuck(path) if ends else None) or problem(path))


if __name__ == "__main__":
    main()
