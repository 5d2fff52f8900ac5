"""The time of day and the monotonic clock, in one place, where tests replace them."""

import time


def now() -> int:
    """Return the microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def steady() -> float:
    """Return seconds on a clock that only goes forward; the time of day may be stepped."""
    return time.monotonic()
