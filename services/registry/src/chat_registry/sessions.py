"""Renew, end and disconnect sessions: the decisions on all entries except `claim_name`."""

from msgspec.structs import replace

from chat_registry.journal import ClaimName, Departed, ExitSession, ReleaseName, ResumeSession
from chat_registry.outcome import Outcome, refuse, refuse_ended
from chat_registry.presence import events_of_loss, events_to_repeat, kinds_of_change, presence_events
from chat_registry.state import (
    EndedSession,
    Holder,
    PresenceEvent,
    State,
    add_departure,
    holder_of,
    put_holder,
    remove_holder,
)
from chat_wire.limits import TOKEN_SECONDS
from chat_wire.messages import EndReason, Exited, NoticeKind, Released
from chat_wire.units import SECOND


def resume_session(state: State, entry: ResumeSession) -> Outcome:
    """Renew a session for its author; else refuse. The session of another author counts as ended."""
    holder = holder_of(state, entry.session)
    if holder is None or holder.author != entry.author:
        return refuse_ended(entry.request, state.ended.get(entry.session))
    return renew_session(state, entry, holder)


def renew_session(state: State, entry: ClaimName | ResumeSession, before: Holder) -> Outcome:
    """Renew a session for a resume, or for its own claim that comes again.

    The session moves to the inbox of the request, unless that inbox has departed. The previous inbox counts as
    departed from then on, so a late duplicate of its request cannot move the session back.
    """
    moving = entry.inbox != before.inbox and entry.inbox not in state.departed
    same_request = entry.request == before.request
    events = before.events if same_request else ()
    if moving:
        add_departure(state, before.inbox)
        kinds = kinds_of_change(before, connected=True, quiet=before.quiet)
        events += presence_events(state, before.session, before.name, kinds)
    holder = replace(
        before,
        inbox=entry.inbox if moving else before.inbox,
        connected=moving or before.connected,
        expires=token_expiry(state) if isinstance(entry, ResumeSession) else before.expires,
        request=entry.request,
        events=events_to_repeat(events),
        replaced=before.replaced if same_request else None,
    )
    put_holder(state, holder)
    return Outcome(reply=holder, ended=state.ended.get(holder.replaced or ""), events=holder.events)


def exit_session(state: State, entry: ExitSession) -> Outcome:
    """End a session at its client's request; a session that has ended already gets the same answer."""
    exited = Exited(request=entry.request)
    holder = holder_of(state, entry.session)
    if holder:
        ended = end_session(state, holder, "exited", entry.request)
        return Outcome(reply=exited, ended=ended, events=ended.events)
    before = state.ended.get(entry.session)
    if before and before.request == entry.request:
        return Outcome(reply=exited, ended=before, events=before.events)
    return Outcome(reply=exited)


def release_name(state: State, entry: ReleaseName) -> Outcome:
    """Free a name at an operator's request, once for each request."""
    for before in reversed(state.ended.values()):
        if before.reason == "released" and before.request == entry.request:
            return _released(entry, before)
    holder = state.holders.get(entry.key)
    if holder is None or f"release {entry.request}" in state.refused:
        state.refused.setdefault(f"release {entry.request}", state.time)
        return refuse(entry.request, "not_held", f"nobody holds the name {entry.name}: check the spelling")
    return _released(entry, end_session(state, holder, "released", entry.request))


def lose_connections(state: State, entry: Departed) -> Outcome:
    """Mark every session of a departed inbox as disconnected.

    If a session is disconnected already, the outcome repeats the event: the replica that should have published it may
    have died, and no client asks for it.
    """
    add_departure(state, entry.inbox)
    events: tuple[PresenceEvent, ...] = ()
    for key in sorted(state.inboxes.get(entry.inbox, ())):
        holder = state.holders[key]
        if holder.connected:
            kinds = kinds_of_change(holder, connected=False, quiet=holder.quiet)
            lost = presence_events(state, holder.session, holder.name, kinds, first=len(events))
            put_holder(state, replace(holder, connected=False, events=events_to_repeat(holder.events + lost)))
        else:
            lost = events_of_loss(holder)
        events += lost
    return Outcome(events=events)


def end_session(state: State, holder: Holder, reason: EndReason, request: str) -> EndedSession:
    """Free a holder's name and record why its session ended."""
    kinds: tuple[NoticeKind, ...] = () if reason == "taken" or holder.quiet else ("left",)
    ended = EndedSession(
        session=holder.session,
        user=holder.name,
        inbox=holder.inbox,
        expires=holder.expires,
        reason=reason,
        request=request,
        events=presence_events(state, holder.session, holder.name, kinds),
        at=state.time,
    )
    remove_holder(state, holder.key)
    state.ended[holder.session] = ended
    return ended


def token_expiry(state: State) -> int:
    """Return the expiry of a token minted now, in microseconds, as a whole second: JWT counts in seconds."""
    return (state.time // SECOND + TOKEN_SECONDS) * SECOND


def _released(entry: ReleaseName, ended: EndedSession) -> Outcome:
    return Outcome(reply=Released(request=entry.request, name=ended.user), ended=ended, events=ended.events)
