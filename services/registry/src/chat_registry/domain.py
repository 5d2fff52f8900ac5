"""The registry's state machine: it applies the entries of the journal.

The code reads no clock and does no I/O. The outcome of an entry depends only on the state and the entry, so all
replicas agree. A replica may die before it publishes an outcome, so an entry may be in the journal twice. The second
one has the same outcome as the first, so that the client receives it in any case.

`claims` grants names, `sessions` renews and connects sessions, `sweep` finds those that are lost, and `ending` ends
sessions. `former_sessions` is for clients of 0.3.0.
"""

from collections.abc import Callable
from typing import Any

from chat_registry.claims import decide_claim
from chat_registry.ending import exit_session, release_name
from chat_registry.former_sessions import lose_connections
from chat_registry.journal import (
    ClaimName,
    ConnectionClosed,
    Departed,
    ExitSession,
    JournalEntry,
    NodeStarted,
    ReleaseName,
    RenewSession,
    ResumeSession,
    SessionConnected,
    Sweep,
    Unreachable,
)
from chat_registry.memory import forget_old
from chat_registry.outcome import NOTHING, Outcome
from chat_registry.sessions import (
    close_connection,
    connect_session,
    lose_unreachable,
    renew_session,
    resume_session,
    start_node,
)
from chat_registry.state import State
from chat_registry.sweep import apply_sweep


def apply(state: State, offset: int, entry: JournalEntry, index: int = 0) -> Outcome:
    """Apply one entry of the journal to the state.

    Args:
        state: The state; this function changes it.
        offset: The offset of the entry's message in the journal.
        entry: The entry.
        index: The position of the entry in its message, from 0.

    Returns:
        The outcome, or NOTHING if the state includes this entry already.
    """
    if (offset, index) <= (state.offset, state.index):
        return NOTHING
    state.offset, state.index = offset, index
    state.time = max(state.time, entry.time)
    state.version = max(state.version, entry.version)
    forget_old(state)
    return _decide(state, entry)


def _decide(state: State, entry: JournalEntry) -> Outcome:
    return _DECISIONS[type(entry)](state, entry)


_DECISIONS: dict[type[JournalEntry], Callable[[State, Any], Outcome]] = {
    ClaimName: decide_claim,
    ResumeSession: resume_session,
    RenewSession: renew_session,
    ExitSession: exit_session,
    ReleaseName: release_name,
    Departed: lose_connections,
    SessionConnected: connect_session,
    ConnectionClosed: close_connection,
    NodeStarted: start_node,
    Unreachable: lose_unreachable,
    Sweep: apply_sweep,
}
