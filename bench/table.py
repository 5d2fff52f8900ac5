"""Results as lines of text that stand under each other."""

from collections.abc import Iterable

from bench.result import Result

WIDTHS = (10, 24, 16, 12, 12, 8, 8, 8)
HEADS = ("scenario", "case", "unit", "ours", "baseline", "ratio", "target", "reached")
VERDICTS = {True: "yes", False: "NO", None: ""}


def row(result: Result) -> str:
    """The line of one result; what else was measured stands below it."""
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
    """All lines, under a head."""
    return "\n".join([_line(HEADS), _line(tuple("-" * width for width in WIDTHS)), *map(row, results)])


def number(value: float | None) -> str:
    """A figure with as many digits as tell something; nothing for None."""
    if value is None:
        return ""
    if value and abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}"


def _line(cells: Iterable[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
