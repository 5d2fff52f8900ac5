"""The picture of the results, compared with their targets."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib import pyplot as plt

from bench.result import Result

MOST_SHOWN = 100


def plot(path: Path, results: Sequence[Result]) -> None:
    """Draw a bar for each result; a bar to the right of 1 has reached its target."""
    plt.switch_backend("agg")
    figure, axes = plt.subplots(figsize=(9, 1 + 0.35 * len(results)))
    labels = [f"{result.scenario}: {result.case}, {result.unit}" for result in results]
    scores = [min(max(result.score, 1 / MOST_SHOWN), MOST_SHOWN) for result in results]
    colors = ["tab:green" if result.reached else "tab:red" for result in results]
    axes.set_xscale("log")
    axes.barh(range(len(results)), [value - 1 for value in scores], left=1, color=colors)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks(range(len(results)), labels)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("times better than the target (1: just reached)")
    axes.invert_yaxis()
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)
