"""Grant or refuse a name: the decision on a `claim_name` entry."""

import hashlib

from msgspec.structs import replace

from chat_registry import former_sessions, sessions
from chat_registry.ending import end_session
from chat_registry.expiry import token_expiry
from chat_registry.holders import look_alike, put_holder
from chat_registry.journal import ClaimName
from chat_registry.limits import MAX_NAMES, MAX_NAMES_OF_AUTHOR
from chat_registry.naming import NameAlike, looks
from chat_registry.outcome import Outcome, refuse, refuse_ended
from chat_registry.presence import kinds_of_change, presence_events
from chat_registry.refusals import Full, TooManyNames
from chat_registry.state import Holder, State
from chat_wire.errors import WireError


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
        return _grant_again(state, entry, before)
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
    before = state.holders.get(entry.key)
    if _is_decided(state, entry) or (before and before.author != entry.author):
        return
    if other := look_alike(state, entry.name, entry.key, looks):
        raise NameAlike(entry.name, other.name)


def check_room(state: State, entry: ClaimName) -> None:
    """Check that there is room for a new name, before a replica appends the claim.

    Args:
        state: The state that the replica knows.
        entry: The claim.

    Raises:
        TooManyNames: The author holds as many names as one may, and is no client of 0.3.0.
        Full: The registry holds as many names as it can.
    """
    if entry.key in state.holders or _is_decided(state, entry):
        return
    if entry.life and state.authors.get(entry.author, 0) >= MAX_NAMES_OF_AUTHOR:
        raise TooManyNames
    if len(state.holders) >= MAX_NAMES:
        raise Full


def _is_decided(state: State, entry: ClaimName) -> bool:
    """Return whether the claim comes again."""
    session = session_id(entry.author, entry.request)
    return session in state.sessions or session in state.ended or f"{session} {entry.key}" in state.refused


def _refusal(state: State, entry: ClaimName, before: Holder | None) -> Outcome | None:
    """Return the outcome that refuses a claim; None to grant it."""
    if before and before.author != entry.author:
        return _taken(entry)
    try:
        if entry.life:
            check_room(state, entry)
    except WireError as error:
        return refuse(entry.request, error.reason, str(error))
    other = look_alike(state, entry.name, entry.key) if entry.distinct else None
    return refuse(entry.request, NameAlike.reason, str(NameAlike(entry.name, other.name))) if other else None


def _taken(entry: ClaimName) -> Outcome:
    return refuse(entry.request, "name_taken", f"{entry.name} is taken: choose another name")


def _grant_again(state: State, entry: ClaimName, before: Holder) -> Outcome:
    if not before.life:
        return former_sessions.renew_session(state, entry, before)
    same_request = entry.request == before.request
    ended = state.ended.get(before.replaced or "") if same_request else None
    # The claim may come again long after its first answer was lost, and that token with it.
    put_holder(state, replace(before, expires=max(before.expires, token_expiry(state, entry.life))))
    return Outcome(reply=state.holders[before.key], ended=ended, events=before.events if same_request else ())


def _grant_name(state: State, entry: ClaimName, session: str, before: Holder | None) -> Outcome:
    """Open a session that holds the name; end the earlier session that holds it.

    The new session posts to the partition with the fewest sessions.
    """
    ended = end_session(state, before, "taken", entry.request) if before else None
    holder = Holder(
        key=entry.key,
        name=entry.name,
        author=entry.author,
        session=session,
        partition=state.partition_sizes.index(min(state.partition_sizes)),
        inbox="",
        connected=False,
        expires=token_expiry(state, entry.life),
        request=entry.request,
        events=(),
        replaced=ended.session if ended else None,
        quiet=entry.quiet,
        life=entry.life,
    )
    opened = sessions.opened(state, holder, before) if entry.life else former_sessions.opened(state, entry, holder)
    kinds = kinds_of_change(before, opened)
    user = before.name if before and kinds == ("left",) else entry.name
    granted = replace(opened, events=presence_events(state, session, user, kinds))
    put_holder(state, granted)
    return Outcome(reply=granted, ended=ended, events=granted.events)
