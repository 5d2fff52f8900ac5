"""The table of results, as aligned lines of text."""

from collections.abc import Iterable

from bench.result import Result

WIDTHS = (10, 24, 16, 12, 12, 8, 8, 8)
HEADS = ("scenario", "case", "unit", "ours", "baseline", "ratio", "target", "reached")
VERDICTS = {True: "yes", False: "NO", None: ""}


def row(result: Result) -> str:
    """Return the line of a result, with its other figures below it."""
    cells = (
        result.scenario,
        result.case,
        result.unit,
        number(result.ours),
        number(result.baseline),
        number(result.ratio),
        str(result.target or ""),
        VERDICTS[result.reached],
    )
    more = [f"    {name} {number(value)}" for name, value in result.more.items()]
    return "\n".join([_line(cells), *more])


def table(results: Iterable[Result]) -> str:
    """Return the lines of all results under a header."""
    return "\n".join([_line(HEADS), _line(tuple("-" * width for width in WIDTHS)), *map(row, results)])


def number(value: float | None) -> str:
    """Return a figure with three significant digits, or as an integer from 100 on; an empty string for None."""
    if value is None:
        return ""
    if value and abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}"


def _line(cells: Iterable[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
