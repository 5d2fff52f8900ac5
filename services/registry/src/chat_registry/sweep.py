"""Find the sessions that time ends: what the broker does not announce, and what it announced while nobody listened."""

from collections.abc import Iterator
from itertools import islice

from chat_registry.broker_pids import node_of
from chat_registry.holders import remove_holder
from chat_registry.journal import Sweep
from chat_registry.outcome import Outcome
from chat_registry.sessions import GRACE_SECONDS, lose
from chat_registry.state import Holder, PresenceEvent, State
from chat_wire.units import SECOND

# One entry ends so many sessions at most, so that a replica exchanges heartbeats between large outcomes.
MAX_SWEPT = 1_000


def due(state: State, time: int, *, events: bool) -> Iterator[Holder]:
    """Yield the sessions that a sweep would end.

    Args:
        state: The state.
        time: The time of the sweep, in microseconds.
        events: As in `Sweep`.
    """
    gone = {node: known.creation for node, known in state.nodes.items() if known.at + GRACE_SECONDS * SECOND <= time}
    for holder in state.holders.values():
        if holder.life and _is_due(holder, time, gone, events):
            yield holder


def apply_sweep(state: State, entry: Sweep) -> Outcome:
    """Lose the sessions that are due, and free the names that no client has been connected under."""
    told: list[PresenceEvent] = []
    for holder in list(islice(due(state, state.time, events=entry.events), MAX_SWEPT)):
        if holder.seen:
            told.extend(lose(state, holder, first=len(told)))
        else:
            remove_holder(state, holder.key)
    return Outcome(events=tuple(told))


def _is_due(holder: Holder, time: int, gone: dict[str, int], events: bool) -> bool:
    if holder.expires <= time:
        return holder.connected or not holder.seen
    if not holder.connected:
        return False
    if holder.connection:
        node, creation = node_of(holder.connection)
        return creation < gone.get(node, 0)
    return 0 < holder.deadline <= time and (events or not holder.inbox)
