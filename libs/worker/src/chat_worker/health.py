"""The health report: a small file the worker's loop rewrites each second, and the check that reads it.

`python -m chat_worker.health` exits 0 when the file named by HEALTH_FILE is fresh and says ready, else 1
with the reason on stderr. A loop that is stuck, or that has lost the broker, writes no report; nor does one whose
disk is full, which is said in the log.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import structlog

from chat_wire.settings import SettingError, setting
from chat_worker.clock import now
from chat_worker.settings import HEALTH_FILE

log = structlog.get_logger()

FRESH_SECONDS = 15


def report(path: Path, facts: Mapping[str, Any]) -> None:
    """Replace the report by `facts` and the time; readers see the old one or the new one, whole.

    One that cannot be written does not stop the work: the old one is soon too old, which says that something is wrong.
    """
    new = path.with_suffix(".new")
    try:
        new.write_bytes(orjson.dumps({"at": now(), **facts}, default=str))
        new.replace(path)
    except OSError as error:
        log.warning("health.not_written", path=str(path), error=str(error))


def problem(path: Path) -> str | None:
    """What is wrong with the worker that reports to `path`, or None when it is well."""
    try:
        facts = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return f"{path} is not there: the worker has not connected yet"
    age = abs(now() - facts["at"]) / 1_000_000  # of the future after the clock was stepped back: as old as that
    if age > FRESH_SECONDS:
        return f"no report for {age:.0f} s: the worker is stuck, its broker is gone, or it cannot write {path}"
    if not facts.get("ready"):
        return f"not ready: {facts}"
    return None


def main() -> None:
    """Exit with status 0 when the worker is healthy, else with status 1 and the reason on stderr."""
    try:
        path = Path(setting(os.environ, "HEALTH_FILE", HEALTH_FILE))
    except SettingError as error:
        sys.exit(str(error))
    sys.exit(problem(path))


if __name__ == "__main__":
    main()
