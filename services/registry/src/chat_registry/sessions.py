"""Sessions that log in to the broker: open, resume, renew, connect and lose them.

A claim opens a session, and nobody hears of it before it connects. It is connected once the broker has announced its
connection, or once it renews itself, which only a connection can do. It is lost when the broker announces that the
connection has closed. `sweep` finds what the broker has not announced.
"""

from msgspec.structs import replace

from chat_registry import former_sessions
from chat_registry.broker_pids import node_of
from chat_registry.expiry import token_expiry
from chat_registry.holders import holder_of, put_holder
from chat_registry.journal import (
    ConnectionClosed,
    NodeStarted,
    RenewSession,
    ResumeSession,
    SessionConnected,
    Unreachable,
)
from chat_registry.memory import add_departure
from chat_registry.outcome import NOTHING, Outcome, refuse_ended
from chat_registry.presence import MAX_REPEATED_EVENTS, kinds_of_change, presence_events, shown
from chat_registry.state import BrokerNode, Holder, PresenceEvent, State
from chat_wire.units import SECOND

# A session that takes over a connected one, and one whose connection is not known yet, count as connected for so long.
GRACE_SECONDS = 30


def opened(state: State, holder: Holder, before: Holder | None) -> Holder:
    """Return the holder of a new session as its claim opens it.

    A session that takes over a connected one of its author counts as connected at first, so that the rooms see neither
    a loss nor a return. A further takeover does not prolong that.
    """
    if before is None:
        return replace(holder, seen=False, told=False)
    taking_over = before.connected and not before.inbox and not before.connection
    until = before.deadline if taking_over else state.time + GRACE_SECONDS * SECOND
    return replace(
        holder,
        connected=before.connected,
        deadline=until if before.connected else 0,
        seen=before.seen,
        told=shown(before) is not None,
    )


def resume_session(state: State, entry: ResumeSession) -> Outcome:
    """Renew the token of a session for its author; else refuse. The session of another author counts as ended."""
    holder = holder_of(state, entry.session)
    if holder is None or holder.author != entry.author or bool(holder.life) != bool(entry.life):
        return refuse_ended(entry.request, state.ended.get(entry.session))
    if not entry.life:
        return former_sessions.renew_session(state, entry, holder)
    return _renew(state, holder, holder, entry)


def renew_session(state: State, entry: RenewSession) -> Outcome:
    """Renew the token of a session, which is connected, and note the address at which its client listens.

    The broker is about to announce the connection, or has done so. If not, a later renewal from the same address shows
    that the connection lasts.
    """
    holder = holder_of(state, entry.session)
    if holder is None or not holder.life:
        return refuse_ended(entry.request, state.ended.get(entry.session))
    if entry.inbox in state.departed:
        return _renew(state, holder, holder, entry)
    if holder.connection:
        deadline = 0
    elif entry.inbox != holder.inbox:
        deadline = state.time + GRACE_SECONDS * SECOND
    else:
        deadline = holder.deadline if holder.deadline > state.time else 0
    connected = replace(holder, inbox=entry.inbox, connected=True, deadline=deadline, seen=True, told=True)
    return _renew(state, holder, connected, entry)


def connect_session(state: State, entry: SessionConnected) -> Outcome:
    """Note the connection of a session, in place of an earlier one. Ignore one that has closed meanwhile."""
    holder, (node, creation) = holder_of(state, entry.session), node_of(entry.connection)
    _note_node(state, node, creation)
    if holder is None or not holder.life or entry.connection in state.departed:
        return NOTHING
    if creation < state.nodes[node].creation or entry.connection == holder.connection:
        return NOTHING
    other = state.holders.get(state.connections.get(entry.connection, ""))
    lost = lose(state, other) if other else ()  # the broker has used the number of a process again
    connected = replace(holder, connected=True, connection=entry.connection, deadline=0, seen=True, told=True)
    return Outcome(events=lost + _change(state, holder, connected, first=len(lost)))


def close_connection(state: State, entry: ConnectionClosed) -> Outcome:
    """Lose the session whose present connection has closed, if there is one."""
    add_departure(state, entry.connection)
    holder = state.holders.get(state.connections.get(entry.connection, ""))
    if holder is None:
        return NOTHING
    if holder.inbox:
        add_departure(state, holder.inbox)  # a renewal from there can only be late
    return Outcome(events=lose(state, holder))


def lose_unreachable(state: State, entry: Unreachable) -> Outcome:
    """Lose a session at whose present address nobody listens."""
    holder = holder_of(state, entry.session)
    if holder is None or not holder.life or not holder.connected or holder.inbox != entry.inbox:
        return NOTHING
    for address in filter(None, (entry.inbox, holder.connection)):
        add_departure(state, address)
    return Outcome(events=lose(state, holder))


def start_node(state: State, entry: NodeStarted) -> Outcome:
    """Note the start of a node. `sweep` loses the sessions of its earlier connections, if they do not come back."""
    _note_node(state, entry.node, entry.creation)
    return NOTHING


def lose(state: State, holder: Holder, first: int = 0) -> tuple[PresenceEvent, ...]:
    """Mark a session as disconnected, and return the event, whose number within the entry is `first`."""
    return _change(state, holder, replace(holder, connected=False, connection="", deadline=0), first)


def _renew(state: State, before: Holder, after: Holder, entry: ResumeSession | RenewSession) -> Outcome:
    expires = max(before.expires, token_expiry(state, entry.life))
    holder = replace(after, life=entry.life, expires=expires, request=entry.request, replaced=None)
    events = _change(state, before, holder)
    repeated = before.events if not events and entry.request == before.request else ()
    return Outcome(reply=state.holders[holder.key], events=events or repeated)


def _change(state: State, before: Holder, after: Holder, first: int = 0) -> tuple[PresenceEvent, ...]:
    """Put a holder in place of its earlier self, and return the events of the change."""
    kinds = kinds_of_change(before, after)
    events = presence_events(state, after.session, after.name, kinds, first)
    put_holder(state, replace(after, events=(before.events + events)[-MAX_REPEATED_EVENTS:]))
    return events


def _note_node(state: State, node: str, creation: int) -> None:
    known = state.nodes.get(node)
    if known is None or known.creation < creation:
        state.nodes[node] = BrokerNode(creation=creation, at=state.time)
