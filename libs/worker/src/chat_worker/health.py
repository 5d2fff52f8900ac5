"""The check of a worker's health report.

    python -m chat_worker.health [--end-stuck]

exits with status 0 if the report in HEALTH_FILE is fresh and says `ready`; else with status 1 and the reason on stderr.
A worker writes no report while it is stuck, and while the file cannot be written. With --end-stuck, the check also ends
a worker that has not reported for 60 s. Containers run the check every 5 s, so it imports little.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from chat_wire.settings import SettingError, setting
from chat_wire.units import SECOND
from chat_worker.clock import now
from chat_worker.stuck import end_stuck

HEALTH_FILE = "/tmp/health.json"
FRESH_SECONDS = 15


def problem(path: Path) -> str | None:
    """Return why the worker that reports to a file is unhealthy; None if it is healthy.

    Args:
        path: The file.
    """
    try:
        health = json.loads(path.read_bytes())
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
