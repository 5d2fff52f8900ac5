"""The file of the health report, which a worker replaces each second. health.py reads it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import structlog

from chat_worker.clock import now

log = structlog.get_logger()


def write(path: Path, health: Mapping[str, Any]) -> None:
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
