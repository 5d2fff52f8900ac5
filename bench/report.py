"""What a run leaves: the figures as JSON, and a picture of how each stands to its yardstick and its target."""

import datetime
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib as mpl
import orjson

from bench.result import Result
from bench.stage import Stage

MOST_SHOWN = 100


def write(directory: Path, stage: Stage, results: Sequence[Result], *, quick: bool) -> None:
    """Write bench.json and bench.png."""
    directory.mkdir(parents=True, exist_ok=True)
    report = {"machine": _machine(stage), "quick": quick, "results": [as_object(result) for result in results]}
    (directory / "bench.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    _plot(directory / "bench.png", [result for result in results if result.target])


def as_object(result: Result) -> dict[str, Any]:
    """A result with what follows from it."""
    return asdict(result) | {"ratio": result.ratio, "reached": result.reached}


def score(result: Result) -> float:
    """How far from its target: 1 is just reached, more is better."""
    value = result.ours if result.ratio is None else result.ratio
    assert result.target
    if result.target.at_least is not None:
        return value / result.target.at_least
    assert result.target.at_most is not None
    return result.target.at_most / value if value else float("inf")


def _machine(stage: Stage) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "rabbitmq": stage.broker.call("GET", "overview")["rabbitmq_version"],
        "python": platform.python_version(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _plot(path: Path, results: Sequence[Result]) -> None:
    """A bar for each result that has a target: to the right of 1 it is reached."""
    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 1 + 0.35 * len(results)))
    labels = [f"{result.scenario}: {result.case}, {result.unit}" for result in results]
    scores = [min(max(score(result), 1 / MOST_SHOWN), MOST_SHOWN) for result in results]
    colors = ["tab:green" if result.reached else "tab:red" for result in results]
    axes.set_xscale("log")
    axes.barh(range(len(results)), [value - 1 for value in scores], left=1, color=colors)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks(range(len(results)), labels)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("how many times better than the target asks for")
    axes.invert_yaxis()
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)
