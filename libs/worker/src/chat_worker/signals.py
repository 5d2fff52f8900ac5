"""SIGTERM and SIGINT ask a worker to finish its round and stop. A second signal ends it at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def stop_requested() -> Iterator[Event]:
    """Yield an event that the first SIGTERM or SIGINT sets. That signal also restores the previous handlers."""
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
