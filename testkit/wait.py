"""Waiting for a condition until a deadline, which tests do instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], seconds: float = 15, what: str = "") -> T:
    """Return the first truthy value of a condition.

    Args:
        condition: The condition, which is evaluated about 50 times a second.
        seconds: The seconds to wait.
        what: A description of the condition, for the error.

    Raises:
        AssertionError: The condition has no truthy value in time.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or condition}; last value: {value!r}")
        time.sleep(0.02)
    return value
