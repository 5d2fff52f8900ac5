"""The shapes of a dashboard, and functions that make common charts."""

from dataclasses import dataclass
from typing import Literal

Unit = Literal["short", "s", "bytes", "ops", "percentunit"]
Kind = Literal["time", "now", "table"]
PERCENTILES = (("median", 0.5), ("99%", 0.99))


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a dashboard.

    Attributes:
        title: What it shows.
        unit: The unit of its values, as Grafana calls it; `ops` is per second.
        series: The legend and the PromQL expression of each line; `{{label}}` in a legend is the value of that label.
        kind: A chart over time, the numbers of now, or a table of labels.
        red: The value from which on a number is red; None if no value is.
        about: How to read it.
    """

    title: str
    unit: Unit
    series: tuple[tuple[str, str], ...]
    kind: Kind = "time"
    red: float | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard.

    Attributes:
        name: Its file, without `.json`.
        title: Its title.
        rows: The title and the charts of each row.
    """

    name: str
    title: str
    rows: tuple[tuple[str, tuple[Chart, ...]], ...]


def number(title: str, expression: str, red: float | None = None) -> Chart:
    """Return a chart with the number that an expression gives now."""
    return Chart(title, "short", ((title, expression),), "now", red)


def values(title: str, unit: Unit, expression: str, by: str = "instance", about: str = "") -> Chart:
    """Return a chart with a line for each value of a label."""
    return Chart(title, unit, ((f"{{{{{by}}}}}", expression),), about=about)


def rates(title: str, counter: str, by: str = "instance") -> Chart:
    """Return a chart of the increase of a counter per second, with a line for each value of a label."""
    return values(title, "ops", rate(counter, by), by)


def rate(counter: str, by: str = "") -> str:
    """Return the expression for the increase of a counter per second, over all replicas.

    Args:
        counter: The counter, with a selector or without.
        by: The labels that stay apart, separated by commas.
    """
    return f"sum{f' by ({by})' if by else ''} (rate({counter}[$__rate_interval]))"


def durations(title: str, histogram: str, selector: str = "", by: str = "", about: str = "") -> Chart:
    """Return a chart of a histogram in seconds: the median and the 99th percentile, over all replicas.

    Args:
        title: The title.
        histogram: The histogram.
        selector: The labels of its series, as in `{service="router"}`; empty for all.
        by: The label whose values have lines of their own.
        about: How to read it.
    """
    buckets = rate(f"{histogram}_bucket{selector}", f"le, {by}" if by else "le")
    of = f"{{{{{by}}}}}: " if by else ""
    series = tuple((of + name, f"histogram_quantile({share}, {buckets})") for name, share in PERCENTILES)
    return Chart(title, "s", series, about=about)


def replicas(service: str) -> tuple[Chart, ...]:
    """Return the charts that each service has."""
    of = f'{{service="{service}"}}'
    return (
        values("Ready", "short", f"tertulia_ready{of}", about="1: the replica does its work"),
        durations("Round", "tertulia_round_seconds", of, about="from the first handler to the last confirm"),
        values("Unconfirmed publications", "short", f"tertulia_unconfirmed{of}"),
        rates("Refusals", f"tertulia_refusals_total{of}", "reason"),
        rates("Reconnections", f"tertulia_reconnections_total{of}"),
        values("Memory", "bytes", f"process_resident_memory_bytes{of}"),
        values("Processors", "percentunit", rate(f"process_cpu_seconds_total{of}", "instance")),
        values("Open files", "short", f"process_open_fds{of}"),
    )
