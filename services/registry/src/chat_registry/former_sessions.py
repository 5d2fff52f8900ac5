"""The sessions of clients of 0.3.0: each is connected as long as its inbox exists.

A registry of 0.3.0 beside this one decides these entries alike, so nothing here may change. The next version deletes
this module.
"""

from msgspec.structs import replace

from chat_registry.expiry import token_expiry
from chat_registry.holders import put_holder
from chat_registry.journal import ClaimName, Departed, ResumeSession
from chat_registry.memory import add_departure
from chat_registry.outcome import Outcome
from chat_registry.presence import events_to_repeat, kinds_of_change, presence_events
from chat_registry.state import Holder, PresenceEvent, State


def opened(state: State, entry: ClaimName, holder: Holder) -> Holder:
    """Return the holder of a new session as its claim connects it: its inbox exists unless it has departed."""
    return replace(holder, inbox=entry.inbox, connected=entry.inbox not in state.departed)


def renew_session(state: State, entry: ClaimName | ResumeSession, before: Holder) -> Outcome:
    """Renew a session for a resume, or for its own claim that comes again.

    The session moves to the inbox of the request, unless that inbox has departed. The previous inbox counts as
    departed from then on, so a late duplicate of its request cannot move the session back.
    """
    moving = entry.inbox != before.inbox and entry.inbox not in state.departed
    same_request = entry.request == before.request
    holder = replace(
        before,
        inbox=entry.inbox if moving else before.inbox,
        connected=moving or before.connected,
        expires=token_expiry(state, 0) if isinstance(entry, ResumeSession) else before.expires,
        request=entry.request,
        replaced=before.replaced if same_request else None,
    )
    events = before.events if same_request else ()
    if moving:
        add_departure(state, before.inbox)
        events += presence_events(state, before.session, before.name, kinds_of_change(before, holder))
    holder = replace(holder, events=events_to_repeat(events))
    put_holder(state, holder)
    return Outcome(reply=holder, ended=state.ended.get(holder.replaced or ""), events=holder.events)


def lose_connections(state: State, entry: Departed) -> Outcome:
    """Mark every connected session of a departed inbox as disconnected."""
    add_departure(state, entry.inbox)
    events: list[PresenceEvent] = []
    for key in sorted(state.inboxes.get(entry.inbox, ())):
        holder = state.holders[key]
        if not holder.connected:
            continue
        lost = replace(holder, connected=False)
        told = presence_events(state, holder.session, holder.name, kinds_of_change(holder, lost), first=len(events))
        put_holder(state, replace(lost, events=events_to_repeat(holder.events + told)))
        events.extend(told)
    return Outcome(events=tuple(events))
