"""Units: the archive keeps times and durations in microseconds. Pure."""

SECOND = 1_000_000
