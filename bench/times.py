"""A histogram of durations."""

from dataclasses import dataclass, field

from hdrh.histogram import HdrHistogram

LONGEST_MICROSECONDS = 60_000_000


@dataclass(slots=True)
class Times:
    """The durations of an action that is repeated."""

    _histogram: HdrHistogram = field(default_factory=lambda: HdrHistogram(1, LONGEST_MICROSECONDS, 3))

    def add(self, seconds: float) -> None:
        """Add a duration."""
        self._histogram.record_value(round(seconds * 1_000_000))

    def percentile(self, percent: float) -> float:
        """Return a percentile of the durations, in milliseconds."""
        return float(self._histogram.get_value_at_percentile(percent) / 1000)

    @property
    def count(self) -> int:
        """The number of durations."""
        return int(self._histogram.get_total_count())
