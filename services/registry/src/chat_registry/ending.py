"""End sessions: by the client, by an operator, and by a new claim of the same author."""

from chat_registry.holders import holder_of, remove_holder
from chat_registry.journal import ExitSession, ReleaseName
from chat_registry.outcome import Outcome, refuse
from chat_registry.presence import presence_events, shown
from chat_registry.state import EndedSession, Holder, State
from chat_wire.messages import EndReason, Exited, NoticeKind, Released


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


def end_session(state: State, holder: Holder, reason: EndReason, request: str) -> EndedSession:
    """Free a holder's name and record why its session ended."""
    kinds: tuple[NoticeKind, ...] = () if reason == "taken" or shown(holder) is None else ("left",)
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


def _released(entry: ReleaseName, ended: EndedSession) -> Outcome:
    return Outcome(reply=Released(request=entry.request, name=ended.user), ended=ended, events=ended.events)
