"""Probe the inboxes of connected clients of 0.3.0.

The broker returns a probe whose inbox no longer exists. Probes find the departures that the broker has not announced:
a restart of the broker drops inboxes without an event, and the event plugin may be missing.
"""

import time
from collections.abc import Iterator

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_registry.view import View
from chat_wire.codec import encode
from chat_wire.messages import Probe

PROBES_PER_ROUND = 1_000


class InboxProbes:
    """The schedule of probes, and the inboxes still to be probed."""

    def __init__(self, view: View, every: float) -> None:
        """Prepare to probe.

        Args:
            view: The view that knows the inboxes.
            every: The seconds between two probes of an inbox.
        """
        self._view = view
        self._every = every
        self._next_at: float | None = None
        self._inboxes: list[str] = []

    def begin(self) -> None:
        """Schedule the first probes."""
        self._next_at = time.monotonic() + self._every

    def due(self) -> Iterator[Publication]:
        """Yield the probes for this round."""
        if self._next_at is not None and time.monotonic() > self._next_at:
            self._next_at = time.monotonic() + self._every
            former = (each for each in self._view.state.holders.values() if each.connected and not each.life)
            self._inboxes = list(dict.fromkeys(holder.inbox for holder in former))
        body = encode(Probe())
        for inbox in self._inboxes[:PROBES_PER_ROUND]:
            yield Publication(exchange=topology.DEFAULT.name, routing_key=inbox, body=body)
        del self._inboxes[:PROBES_PER_ROUND]
