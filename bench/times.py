"""How long something took, each time it was done."""

from dataclasses import dataclass, field

from hdrh.histogram import HdrHistogram

LONGEST_MICROSECONDS = 60_000_000


@dataclass(slots=True)
class Times:
    """How long something took each time."""

    _histogram: HdrHistogram = field(default_factory=lambda: HdrHistogram(1, LONGEST_MICROSECONDS, 3))

    def add(self, seconds: float) -> None:
        """Once more."""
        self._histogram.record_value(round(seconds * 1_000_000))

    def percentile(self, percent: float) -> float:
        """The time, in ms, that so many percent did not exceed."""
        return float(self._histogram.get_value_at_percentile(percent) / 1000)
