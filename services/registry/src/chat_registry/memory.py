"""Remember some things for a while: ended sessions, departures and refusals.

Each memory has a bound, so that no number of requests makes a snapshot too large to be kept. The oldest goes first.
Forgetting costs little: a claim, exit or release that comes again after so many others counts as a new one, and a
replica that starts does not announce a forgotten end once more.
"""

from collections import OrderedDict
from typing import Any

from chat_registry.limits import MAX_REMEMBERED
from chat_registry.state import EndedSession, State
from chat_wire.limits import TOKEN_SECONDS
from chat_wire.units import SECOND

# Entries can reach the journal late. The state remembers departures, refusals and ends for this long at least.
RECENT_SECONDS = 60


def add_departure(state: State, address: str) -> None:
    """Remember that an inbox, a reply address or a connection departed at the state's time, even if it did before."""
    state.departed[address] = state.time
    state.departed.move_to_end(address)


def forget_old(state: State) -> None:
    """Forget departures, refusals and ended sessions that are too old to matter at the state's time."""
    for memory in (state.departed, state.refused):
        while memory and next(iter(memory.values())) <= state.time - RECENT_SECONDS * SECOND:
            memory.popitem(last=False)
    while state.ended and _is_over(state, next(iter(state.ended.values()))):
        state.ended.popitem(last=False)
    if state.version > 1:  # 0.3.0 has no bound
        for each in (state.departed, state.refused, state.ended):
            _forget_oldest(each)


def _forget_oldest(memory: OrderedDict[str, Any]) -> None:
    while len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)


def _is_over(state: State, ended: EndedSession) -> bool:
    """Return whether an ended session has no valid token any more: the registry mints none after the end."""
    if state.version == 1:  # 0.3.0 reckons from the end
        return ended.at <= state.time - TOKEN_SECONDS * SECOND
    return max(ended.expires, ended.at + RECENT_SECONDS * SECOND) <= state.time
