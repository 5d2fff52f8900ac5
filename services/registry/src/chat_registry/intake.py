"""Check the requests of clients and operators and the broker's events, and make journal entries of them."""

import hashlib
from typing import TypeAlias

from chat_amqp import former, topology
from chat_registry.claims import check_alike
from chat_registry.identity import ReplicaIdentity
from chat_registry.journal import ClaimName, Departed, ExitSession, ReleaseName, ResumeSession
from chat_registry.naming import check_form, skeletons
from chat_registry.state import State
from chat_tokens.tokens import claims_in, verify
from chat_wire import codec
from chat_wire.errors import DecodeError
from chat_wire.limits import MAX_REQUEST, SECRET_LENGTHS
from chat_wire.messages import Claim, Exit, ListUsers, Release, Resume
from chat_wire.names import name_key
from chat_worker.delivery import Delivery
from chat_worker.errors import NoInbox

Request: TypeAlias = Claim | Resume | Exit | ListUsers | Release
FROM_CLIENTS: tuple[type[Request], ...] = (Claim, Resume, Exit, ListUsers)
FROM_OPERATORS: tuple[type[Request], ...] = (Release,)


def decode_request(delivery: Delivery) -> Request:
    """Return the request in a delivery.

    A `Release` is valid only from the exchange `chat.operator`, to which the broker lets only operators publish.

    Raises:
        NoInbox: The AMQP property `reply_to` names no inbox, so there is nowhere to send the answer.
        UnknownType: The message is not a request that this exchange may carry.
        DecodeError: The message is malformed, or one of its fields has a wrong length.
    """
    if not former.is_inbox(delivery.reply_to):
        raise NoInbox("reply_to must name your inbox, as in inbox.0123456789abcdef0123456789abcdef")
    kinds = FROM_OPERATORS if delivery.exchange == topology.OPERATOR.name else FROM_CLIENTS
    request = codec.decode(delivery.body, *kinds)
    if not 1 <= len(request.request) <= MAX_REQUEST:
        raise DecodeError(f"request must have 1 to {MAX_REQUEST} characters")
    # Every post carries the hash of its author's secret, so anybody could find a short secret by trying.
    if isinstance(request, Claim) and len(request.secret) not in SECRET_LENGTHS:
        shortest, longest = SECRET_LENGTHS[0], SECRET_LENGTHS[-1]
        raise DecodeError(f"secret must have {shortest} to {longest} characters, and be random")
    return request


def entry_for(
    identity: ReplicaIdentity, request: Claim | Resume | Exit | Release, inbox: str, now: int, state: State
) -> ClaimName | ResumeSession | ExitSession | ReleaseName:
    """Return the journal entry for a request.

    Args:
        identity: The replica that appends the entry.
        request: The request.
        inbox: The inbox that waits for the answer.
        now: The time of the entry, in microseconds.
        state: The state that the replica knows, for a claim: a name that its author holds may break the rules of form,
            and no new name may look like one in use.

    Raises:
        InvalidName: The name in a claim or a release breaks a rule.
        NameAlike: A new claim is for a name that looks like one in use.
        InvalidToken: The token is forged, or has expired and comes without the secret of its author.
    """
    match request:
        case Claim():
            return _claim_entry(identity, request, inbox, now, state)
        case Resume():
            return _resume_entry(identity, request, inbox, now)
        case Exit():
            return _exit_entry(identity, request, inbox, now)
        case Release():
            return _release_entry(identity, request, inbox, now)


def departure_in(identity: ReplicaIdentity, delivery: Delivery, now: int) -> Departed | None:
    """Return the entry for the broker's event `queue.deleted`, or None if the deleted queue is not an inbox."""
    name = delivery.headers.get("name")
    if not isinstance(name, str) or not former.is_inbox(name):
        return None
    return Departed(origin=identity.origin, time=now, inbox=name)


def _claim_entry(identity: ReplicaIdentity, request: Claim, inbox: str, now: int, state: State) -> ClaimName:
    key, author = name_key(request.name), _author(request.secret)
    holder = state.holders.get(key)
    if holder is None or holder.author != author or not skeletons(request.name) <= skeletons(holder.name):
        check_form(request.name)
    entry = ClaimName(
        origin=identity.origin,
        time=now,
        request=request.request,
        inbox=inbox,
        name=request.name,
        key=key,
        author=author,
        distinct=True,
        quiet=request.quiet,
    )
    check_alike(state, entry)
    return entry


def _resume_entry(identity: ReplicaIdentity, request: Resume, inbox: str, now: int) -> ResumeSession:
    """Return the entry for a resume by a valid token, or by an expired one together with the author's secret."""
    claims = claims_in(request.token, identity.public_key)
    if claims.author != _author(request.secret):
        verify(request.token, identity.public_key, now)
    return ResumeSession(
        origin=identity.origin,
        time=now,
        request=request.request,
        inbox=inbox,
        session=claims.session,
        author=claims.author,
    )


def _exit_entry(identity: ReplicaIdentity, request: Exit, inbox: str, now: int) -> ExitSession:
    session = verify(request.token, identity.public_key, now).session
    return ExitSession(origin=identity.origin, time=now, request=request.request, inbox=inbox, session=session)


def _release_entry(identity: ReplicaIdentity, request: Release, inbox: str, now: int) -> ReleaseName:
    return ReleaseName(
        origin=identity.origin,
        time=now,
        request=request.request,
        inbox=inbox,
        key=name_key(request.name),
        name=request.name,
    )


def _author(secret: str) -> str:
    """Return the public id of the author who has this secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
