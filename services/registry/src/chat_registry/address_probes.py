"""Probe the reply addresses of connected sessions.

A node of the broker that is lost or cut off announces no end of a connection, and an announcement may be lost with the
leader of a queue. Probes find such sessions long before their tokens expire. A session that connects again has its
earlier address until it renews itself, so only the second probe in a row that finds nobody decides.
"""

import random
import time
from collections.abc import Callable, Iterator

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_registry.appender import Appender
from chat_registry.intake import VERSION
from chat_registry.journal import Unreachable
from chat_registry.view import View

# Of each second, the replica spends so much on probes at most, as it does nothing else meanwhile.
SLICE_SECONDS = 0.05
# A broker that takes so long for an answer is left alone until the next round: perhaps a node is cut off.
SLOW_SECONDS = 0.5

FindListeners = Callable[[list[str], float], dict[str, bool]]


class AddressProbes:
    """The schedule of probes, and the addresses still to be probed."""

    def __init__(self, view: View, appender: Appender, find_listeners: FindListeners, every: float) -> None:
        """Prepare to probe.

        Args:
            view: The view that knows the addresses.
            appender: Appends the entries.
            find_listeners: Asks the broker, as `chat_worker.broker.Broker.find_listeners` does.
            every: The seconds between two probes of an address.
        """
        self._view = view
        self._appender = appender
        self._find_listeners = find_listeners
        self._every = every
        self._next_at = float("inf")
        self._slice_at = 0.0
        self._left: list[str] = []
        self._sessions: dict[str, str] = {}
        self._missed: set[str] = set()
        self._missed_before: set[str] = set()

    def begin(self) -> None:
        """Schedule the first probes."""
        self._next_at = time.monotonic() + self._every

    def due(self) -> Iterator[Publication]:
        """Probe some addresses if it is time, and append an entry for each session whose client is not there."""
        now = time.monotonic()
        if now < self._slice_at:
            return
        self._slice_at = now + 1
        if now >= self._next_at and not self._left:
            self._begin_round(now)
        if self._left:
            found = self._find_listeners(self._left, SLICE_SECONDS)
            if time.monotonic() - now > SLOW_SECONDS:
                self._left.clear()
            yield from self._note([address for address, listens in found.items() if not listens])

    def _begin_round(self, now: float) -> None:
        self._next_at = now + self._every
        self._missed_before, self._missed = self._missed, set()
        holders = self._view.state.holders.values()
        self._sessions = {each.inbox: each.session for each in holders if each.connected and each.life}
        self._left = [address for address in self._sessions if topology.is_reply_address(address)]
        random.shuffle(self._left)

    def _note(self, missed: list[str]) -> Iterator[Publication]:
        self._missed.update(missed)
        again = self._missed_before.intersection(missed)
        yield from self._appender.append([self._entry(address) for address in sorted(again)])

    def _entry(self, address: str) -> Unreachable:
        return Unreachable(
            version=VERSION,
            origin=self._appender.origin,
            time=self._appender.entry_time(),
            session=self._sessions[address],
            inbox=address,
        )
