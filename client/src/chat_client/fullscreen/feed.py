"""The way from the session's thread to the screen: at most 20 times a second, all that there is in one go."""

import time
from collections import deque
from collections.abc import Callable

from chat_client.events import Event

PERIOD_SECONDS = 1 / 20


class Feed:
    """Takes events from the session's thread; `ring` is called there, once until they have been taken."""

    def __init__(self, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._arrived: deque[Event] = deque()
        self._rung = False
        self._taken_at = 0.0

    @property
    def waiting(self) -> int:
        """How many events are to be taken."""
        return len(self._arrived)

    def put(self, event: Event) -> None:
        """Add an event, from the session's thread."""
        self._arrived.append(event)
        if not self._rung:
            self._rung = True
            self._ring()

    def due_in(self) -> float:
        """How many seconds the screen should wait before it takes what there is."""
        return max(0.0, self._taken_at + PERIOD_SECONDS - time.monotonic())

    def take(self) -> list[Event]:
        """All that has arrived, in order."""
        self._rung = False  # first: what arrives from here on rings again
        self._taken_at = time.monotonic()
        return [self._arrived.popleft() for _each in range(len(self._arrived))]
