"""SIGTERM and SIGINT ask a worker to drain; a second one ends it at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def stop_requested() -> Iterator[Event]:
    """An event that is set by the first SIGTERM or SIGINT; the handlers of before are then back in place."""
    stopping = Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(_number: int, _frame: FrameType | None) -> None:
        restore()
        stopping.set()

    for number in before:
        signal.signal(number, stop)
    try:
        yield stopping
    finally:
        restore()
