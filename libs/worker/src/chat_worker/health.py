"""The health report, which a worker writes each second, and the check that reads it.

`python -m chat_worker.health` exits with status 0 if the report in HEALTH_FILE is fresh and says `ready`; else with
status 1 and the reason on stderr. A worker writes no report while it is stuck, while it has no connection to the
broker, and while the file cannot be written.
"""

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
        return f"{path} does not exist: the worker has not connected yet"
    age = abs(now() - health["at"]) / SECOND  # a report from the future, written before the clock was set back
    if age > FRESH_SECONDS:
        return f"no report for {age:.0f} s: the worker is stuck, its broker is down, or it cannot write {path}"
    if not health.get("ready"):
        return f"not ready: {health}"
    return None


def main() -> None:
    """Exit with status 0 if the worker is healthy, else with status 1 and the reason on stderr."""
    try:
        path = Path(setting(os.environ, "HEALTH_FILE", HEALTH_FILE))
    except SettingError as error:
        sys.exit(str(error))
    sys.exit(problem(path))


if __name__ == "__main__":
    main()
