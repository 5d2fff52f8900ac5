"""The end of a stuck worker. Something that restarts ended workers, such as Docker, then starts a new one."""

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from chat_wire.units import SECOND
from chat_worker.clock import now

# A worker reports each second. The longest wait without a report is one answer of the broker, 30 s.
STUCK_SECONDS = 60
REPORT_SECONDS = 2.0
ABORT_SECONDS = 1.0


def end_stuck(path: Path) -> str | None:
    """End the worker that reports to a file if its last report is older than 60 s.

    SIGABRT makes it write the traceback of each thread to stderr. SIGKILL follows, as a frozen process ignores SIGABRT.

    Args:
        path: The file of the health report.

    Returns:
        What was done; None if the worker is not stuck.
    """
    pid = _stuck_process(path)
    if pid is None:
        return None
    for number in (signal.SIGABRT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if _holds(lambda: not _is_worker(pid), ABORT_SECONDS):
            break
    return f"ended process {pid}, whose last report was older than {STUCK_SECONDS} s"


def _stuck_process(path: Path) -> int | None:
    """Return the stuck process. A worker that was suspended, or whose clock was changed, soon reports again."""
    report = _report(path)
    if not _is_old(report) or not _can_write(path) or _holds(lambda: not _is_old(_report(path)), REPORT_SECONDS):
        return None
    pid = report.get("pid")
    return pid if isinstance(pid, int) and _is_worker(pid) else None


def _report(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return {}


def _is_old(report: dict[str, Any]) -> bool:
    return "at" in report and abs(now() - report["at"]) > STUCK_SECONDS * SECOND


def _can_write(path: Path) -> bool:
    """Return whether a worker could write its report. On a full disk it works without."""
    probe = path.with_suffix(".probe")
    try:
        probe.write_bytes(path.read_bytes())
        probe.unlink()
    except OSError:
        return False
    return True


def _is_worker(pid: int) -> bool:
    """Return whether a process is a worker that runs: a number may be in use again, and a zombie has no command."""
    try:
        return b"chat_" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _holds(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether a condition holds within a time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
