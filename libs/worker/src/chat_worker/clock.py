"""The clocks of the services: the wall clock, and a steady one for durations."""

import time


def now() -> int:
    """Return the time of the wall clock, in microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


def steady() -> int:
    """Return the time of the monotonic clock, in microseconds. It does not follow changes of the wall clock."""
    return time.monotonic_ns() // 1000
