"""The one place where services read the wall clock; and the one for how long something takes."""

import time


def now() -> int:
    """Microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def steady() -> int:
    """Microseconds on a clock that only goes forward, at an even pace: the wall clock may be stepped."""
    return time.monotonic_ns() // 1000
