"""Who holds which name: a state machine over the entries of the journal.

Pure, and without a clock: what `apply` does depends on the state and the entry alone, so that all
replicas agree. Everything may be in the journal twice; the second time an entry is answered as the
first time and its effects are told again, as the replica that should have told them may have died.
"""

import hashlib
from dataclasses import dataclass

from msgspec.structs import replace

from chat_registry.journal import ClaimName, Command, Departed, ExitSession, ReleaseName, ResumeSession
from chat_registry.state import SECOND, Ended, Holder, News, State, drop, forget_old, hold, remember
from chat_wire.limits import TOKEN_SECONDS
from chat_wire.messages import EndReason, Exited, NoticeKind, Refused, Released


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is to be told because of an entry: the answer (a Holder stands for Granted), and the rest."""

    reply: Holder | Refused | Exited | Released | None = None
    ended: Ended | None = None
    news: tuple[News, ...] = ()


NOTHING = Outcome()
MOST_TOLD_AGAIN = 4


def session_id(author: str, request: str) -> str:
    """The session that a claim opens: the same for the same claim, unknown to who has not its secret."""
    return hashlib.sha256(f"{author}:{request}".encode()).hexdigest()[:32]


def apply(state: State, offset: int, entry: Command, index: int = 0) -> Outcome:
    """Bring the state forward by entry `index` at `offset`; one that it has applied already changes nothing."""
    if (offset, index) <= (state.offset, state.index):
        return NOTHING
    state.offset, state.index = offset, index
    state.now = max(state.now, entry.time)
    forget_old(state)
    match entry:
        case ClaimName():
            return _claim(state, entry)
        case ResumeSession():
            return _resume(state, entry)
        case ExitSession():
            return _exit(state, entry)
        case ReleaseName():
            return _release(state, entry)
        case Departed():
            return _depart(state, entry)


def _claim(state: State, entry: ClaimName) -> Outcome:
    session = session_id(entry.author, entry.request)
    before = state.holders.get(entry.key)
    if before and before.session == session:
        return _answer_again(state, entry, before)
    if session in state.ended:
        return Outcome(reply=_session_ended(entry.request, state.ended[session]))
    if session in state.sessions:
        return Outcome(reply=_refused(entry.request, "request_used", "this request got another name: make a new one"))
    if f"{session} {entry.key}" in state.refused or (before and before.author != entry.author):
        state.refused.setdefault(f"{session} {entry.key}", state.now)
        return Outcome(reply=_refused(entry.request, "name_taken", f"{entry.name} is taken: choose another name"))
    return _grant(state, entry, session, before)


def _grant(state: State, entry: ClaimName, session: str, before: Holder | None) -> Outcome:
    ended = _end(state, before, "taken", entry.request) if before else None
    connected = entry.inbox not in state.departed
    news = _news(state, session, entry.name, _what_changed(before, connected))
    holder = Holder(
        key=entry.key,
        name=entry.name,
        author=entry.author,
        session=session,
        partition=state.load.index(min(state.load)),
        inbox=entry.inbox,
        connected=connected,
        expires=_expiry(state),
        request=entry.request,
        news=news,
        took=ended.session if ended else None,
    )
    hold(state, holder)
    return Outcome(reply=holder, ended=ended, news=news)


def _resume(state: State, entry: ResumeSession) -> Outcome:
    holder = state.holders.get(state.sessions.get(entry.session, ""))
    if holder is None or holder.author != entry.author:
        return Outcome(reply=_session_ended(entry.request, state.ended.get(entry.session)))
    return _answer_again(state, entry, holder)


def _answer_again(state: State, entry: ClaimName | ResumeSession, before: Holder) -> Outcome:
    """Grant what is held already, now at the inbox that asks, unless that one is known to be left.

    The inbox moved away from counts as departed, so that a late duplicate cannot bring it back.
    """
    moving = entry.inbox != before.inbox and entry.inbox not in state.departed
    same = entry.request == before.request
    news = before.news if same else ()
    if moving:
        remember(state.departed, before.inbox, state.now)
        news += _news(state, before.session, before.name, _what_changed(before, connected=True))
    holder = replace(
        before,
        inbox=entry.inbox if moving else before.inbox,
        connected=moving or before.connected,
        expires=_expiry(state) if isinstance(entry, ResumeSession) else before.expires,
        request=entry.request,
        news=_newest(news),
        took=before.took if same else None,
    )
    hold(state, holder)
    return Outcome(reply=holder, ended=state.ended.get(holder.took or ""), news=holder.news)


def _exit(state: State, entry: ExitSession) -> Outcome:
    exited = Exited(request=entry.request)
    holder = state.holders.get(state.sessions.get(entry.session, ""))
    if holder:
        ended = _end(state, holder, "exited", entry.request)
        return Outcome(reply=exited, ended=ended, news=ended.news)
    before = state.ended.get(entry.session)
    if before and before.request == entry.request:
        return Outcome(reply=exited, ended=before, news=before.news)
    return Outcome(reply=exited)


def _release(state: State, entry: ReleaseName) -> Outcome:
    for before in reversed(state.ended.values()):
        if before.reason == "released" and before.request == entry.request:
            return Outcome(reply=Released(request=entry.request, name=before.user), ended=before, news=before.news)
    holder = state.holders.get(entry.key)
    if holder is None or f"release {entry.request}" in state.refused:
        state.refused.setdefault(f"release {entry.request}", state.now)
        return Outcome(reply=_refused(entry.request, "not_held", f"nobody holds the name {entry.name}"))
    ended = _end(state, holder, "released", entry.request)
    return Outcome(reply=Released(request=entry.request, name=holder.name), ended=ended, news=ended.news)


def _depart(state: State, entry: Departed) -> Outcome:
    """Every session of the inbox is lost. If that is known it is told again: nobody asks until it was told once."""
    remember(state.departed, entry.inbox, state.now)
    news: tuple[News, ...] = ()
    for key in sorted(state.inboxes.get(entry.inbox, ())):
        holder = state.holders[key]
        if holder.connected:
            lost = _news(state, holder.session, holder.name, ("lost",), first=len(news))
            hold(state, replace(holder, connected=False, news=_newest(holder.news + lost)))
        else:
            lost = lost_news(holder)
        news += lost
    return Outcome(news=news)


def lost_news(holder: Holder) -> tuple[News, ...]:
    """What was told of the end of a holder's connection; nothing if it is connected."""
    return () if holder.connected else tuple(each for each in holder.news if each.kind == "lost")[-1:]


def _end(state: State, holder: Holder, reason: EndReason, request: str) -> Ended:
    kinds: tuple[NoticeKind, ...] = () if reason == "taken" else ("left",)
    ended = Ended(
        session=holder.session,
        user=holder.name,
        inbox=holder.inbox,
        expires=holder.expires,
        reason=reason,
        request=request,
        news=_news(state, holder.session, holder.name, kinds),
        at=state.now,
    )
    drop(state, holder.key)
    state.ended[holder.session] = ended
    return ended


def _what_changed(before: Holder | None, connected: bool) -> tuple[NoticeKind, ...]:
    """What the rooms see when a name that was free, connected or not becomes connected or not."""
    if before is None:
        return ("joined",) if connected else ("joined", "lost")
    if before.connected == connected:
        return ()
    return ("back",) if connected else ("lost",)


def _news(state: State, session: str, user: str, kinds: tuple[NoticeKind, ...], first: int = 0) -> tuple[News, ...]:
    return tuple(
        News(id=f"notice-{state.offset}-{state.index}-{number}", kind=kind, session=session, user=user, at=state.now)
        for number, kind in enumerate(kinds, first)
    )


def _newest(news: tuple[News, ...]) -> tuple[News, ...]:
    """What of it is told again: who comes and goes by one request for ever must not be told of in full each time."""
    return news[-MOST_TOLD_AGAIN:]


def _expiry(state: State) -> int:
    return (state.now // SECOND + TOKEN_SECONDS) * SECOND


def _refused(request: str, reason: str, text: str) -> Refused:
    return Refused(request=request, reason=reason, text=text)


def _session_ended(request: str, ended: Ended | None) -> Refused:
    if ended and ended.reason == "taken":
        text = f"{ended.user} joined again from elsewhere: this session is over"
    elif ended and ended.reason == "released":
        text = f"an operator released the name {ended.user}: join again"
    else:
        text = "this session is over: join again"
    return _refused(request, "session_ended", text)
