"""Append a sweep when a session is due to be lost, or a name to be free again."""

import time
from collections.abc import Iterator
from itertools import islice

from chat_amqp.publisher import Publication
from chat_registry.appender import Appender
from chat_registry.connection_events import ConnectionEvents
from chat_registry.intake import VERSION
from chat_registry.journal import Sweep
from chat_registry.sweep import MAX_SWEPT, due
from chat_registry.view import View

# A sweep that ended as many sessions as one entry may is followed by the next after this time.
AGAIN_SECONDS = 0.5


class Sweeper:
    """The schedule of sweeps. Every replica sweeps; the second of two sweeps finds nothing to do."""

    def __init__(self, view: View, appender: Appender, events: ConnectionEvents, every: float) -> None:
        """Prepare to sweep.

        Args:
            view: The view that knows the sessions.
            appender: Appends the entries.
            events: Knows whether the broker announces connections.
            every: The seconds between two sweeps.
        """
        self._view = view
        self._appender = appender
        self._events = events
        self._every = every
        self._next_at: float | None = None

    def begin(self) -> None:
        """Schedule the first sweep, after the renewals that waited while no registry served."""
        self._next_at = time.monotonic() + 2 * self._every

    def due(self) -> Iterator[Publication]:
        """Append a sweep if it is time and there is something to do."""
        if self._next_at is None or time.monotonic() < self._next_at:
            return
        now, events = self._appender.entry_time(), self._events.announced
        found = sum(1 for _ in islice(due(self._view.state, now, events=events), MAX_SWEPT))
        self._next_at = time.monotonic() + (self._every if found < MAX_SWEPT else AGAIN_SECONDS)
        if found:
            yield from self._appender.append(
                [Sweep(version=VERSION, origin=self._appender.origin, time=now, events=events)]
            )
