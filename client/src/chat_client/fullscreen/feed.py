"""The queue from the session's thread to the screen, which drains it at most 20 times a second."""

import time
from collections import deque
from collections.abc import Callable

from chat_client.events import Event

PERIOD_SECONDS = 1 / 20


class Feed:
    """A queue of events that notifies its consumer of the first event after each drain."""

    def __init__(self, notify: Callable[[], object]) -> None:
        """Create an empty feed.

        Args:
            notify: Called in the session's thread when the first event after a drain arrives.
        """
        self._notify = notify
        self._events: deque[Event] = deque()
        self._notified = False
        self._drained_at = 0.0

    @property
    def size(self) -> int:
        """How many events wait to be drained."""
        return len(self._events)

    def put(self, event: Event) -> None:
        """Add an event, from the session's thread."""
        self._events.append(event)
        if not self._notified:
            self._notified = True
            self._notify()

    def due_in(self) -> float:
        """Return how many seconds the screen should wait before it drains the feed."""
        return max(0.0, self._drained_at + PERIOD_SECONDS - time.monotonic())

    def drain(self) -> list[Event]:
        """Remove and return all events, oldest first."""
        self._notified = False  # first: an event that arrives from here on notifies again
        self._drained_at = time.monotonic()
        return [self._events.popleft() for _each in range(len(self._events))]
