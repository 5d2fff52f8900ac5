"""Grant or refuse a name: the decision on a `claim_name` entry."""

import hashlib

from chat_registry.journal import ClaimName
from chat_registry.naming import NameAlike, looks
from chat_registry.outcome import Outcome, refuse, refuse_ended
from chat_registry.presence import kinds_of_change, presence_events
from chat_registry.sessions import end_session, renew_session, token_expiry
from chat_registry.state import Holder, State, look_alike, put_holder


def session_id(author: str, request: str) -> str:
    """Return the id of the session that a claim opens.

    The same claim always gets the same id. Other clients cannot predict it, because the claim's `request` is random.
    """
    return hashlib.sha256(f"{author}:{request}".encode()).hexdigest()[:32]


def decide_claim(state: State, entry: ClaimName) -> Outcome:
    """Grant the name if it is free and looks like no other, or if the same author holds it; else refuse the claim.

    A client repeats a claim until it receives an answer, and each repetition has the outcome of the first claim: the
    session as long as that lasts, or for RECENT_SECONDS the refusal. If the session has ended, the answer says so.
    """
    session = session_id(entry.author, entry.request)
    before = state.holders.get(entry.key)
    if before and before.session == session:
        return renew_session(state, entry, before)
    if session in state.ended:
        return refuse_ended(entry.request, state.ended[session])
    if session in state.sessions:
        return refuse(entry.request, "request_used", "this request got another name: make a new request")
    refusal = _refusal(state, entry, before)
    if refusal or f"{session} {entry.key}" in state.refused:
        state.refused.setdefault(f"{session} {entry.key}", state.time)
        return refusal or _taken(entry)
    return _grant_name(state, entry, session, before)


def check_alike(state: State, entry: ClaimName) -> None:
    """Check that a new claim looks like no name in use, before a replica appends it.

    Older registries that run beside this one decide each claim that they read in the journal by fewer looks, or by
    none. So `decide_claim` has to refuse only claims that two replicas append at the same moment, and does so by the
    looks that the older ones know. It also decides a claim that comes again, and one of a name that is taken.

    Args:
        state: The state that the replica knows.
        entry: The claim.

    Raises:
        NameAlike: The name looks like one in use.
    """
    session, before = session_id(entry.author, entry.request), state.holders.get(entry.key)
    if session in state.sessions or session in state.ended or f"{session} {entry.key}" in state.refused:
        return
    if before and before.author != entry.author:
        return
    if other := look_alike(state, entry.name, entry.key, looks):
        raise NameAlike(entry.name, other.name)


def _refusal(state: State, entry: ClaimName, before: Holder | None) -> Outcome | None:
    """Return the outcome that refuses a claim whose name is in use or looks like one in use, else None."""
    if before and before.author != entry.author:
        return _taken(entry)
    other = look_alike(state, entry.name, entry.key) if entry.distinct else None
    return refuse(entry.request, NameAlike.reason, str(NameAlike(entry.name, other.name))) if other else None


def _taken(entry: ClaimName) -> Outcome:
    return refuse(entry.request, "name_taken", f"{entry.name} is taken: choose another name")


def _grant_name(state: State, entry: ClaimName, session: str, before: Holder | None) -> Outcome:
    """Open a session that holds the name; end the earlier session that holds it.

    The new session posts to the partition with the fewest sessions.
    """
    ended = end_session(state, before, "taken", entry.request) if before else None
    connected = entry.inbox not in state.departed
    kinds = kinds_of_change(before, connected=connected, quiet=entry.quiet)
    user = before.name if before and kinds == ("left",) else entry.name
    events = presence_events(state, session, user, kinds)
    holder = Holder(
        key=entry.key,
        name=entry.name,
        author=entry.author,
        session=session,
        partition=state.partition_sizes.index(min(state.partition_sizes)),
        inbox=entry.inbox,
        connected=connected,
        expires=token_expiry(state),
        request=entry.request,
        events=events,
        replaced=ended.session if ended else None,
        quiet=entry.quiet,
    )
    put_holder(state, holder)
    return Outcome(reply=holder, ended=ended, events=events)
