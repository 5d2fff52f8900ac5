"""The files of a run: the figures as JSON, and a picture of them."""

import datetime
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from bench.plot import plot
from bench.result import Result
from bench.stage import Stage


def write(directory: Path, stage: Stage, results: Sequence[Result], *, quick: bool) -> None:
    """Write bench.json and bench.png into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    report = {"machine": _machine(stage), "quick": quick, "results": [result.as_object() for result in results]}
    (directory / "bench.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    plot(directory / "bench.png", [result for result in results if result.target])


def _machine(stage: Stage) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "rabbitmq": stage.broker.call("GET", "overview")["rabbitmq_version"],
        "python": platform.python_version(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
