"""The registry's state machine: it applies the entries of the journal.

The code reads no clock and does no I/O. The outcome of an entry depends only on the state and the entry, so all
replicas agree. A replica may die before it publishes an outcome, so an entry may be in the journal twice. The second
one has the same outcome as the first, so that the client receives it in any case.

`claims` grants names; `sessions` resumes and ends sessions.
"""

from chat_registry.claims import decide_claim
from chat_registry.journal import ClaimName, Departed, ExitSession, JournalEntry, ReleaseName, ResumeSession
from chat_registry.outcome import NOTHING, Outcome
from chat_registry.sessions import exit_session, lose_connections, release_name, resume_session
from chat_registry.state import State, forget_old


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
    forget_old(state)
    return _decide(state, entry)


def _decide(state: State, entry: JournalEntry) -> Outcome:
    match entry:
        case ClaimName():
            return decide_claim(state, entry)
        case ResumeSession():
            return resume_session(state, entry)
        case ExitSession():
            return exit_session(state, entry)
        case ReleaseName():
            return release_name(state, entry)
        case Departed():
            return lose_connections(state, entry)
