"""Tests do not sleep: they wait for a condition until a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], seconds: float = 15, what: str = "") -> T:
    """The first truthy value of `condition`; raises AssertionError when there is none in `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or condition}; at last {value!r}")
        time.sleep(0.02)
    return value
