"""Check the requests of sessions, newcomers and operators, and make journal entries of them.

The exchange says who may have sent a request, as the broker lets nobody else publish there: anybody sends a claim or a
resume through the entrance, a session sends everything else, and the broker vouches for its id by `user_id`.
"""

import hashlib
from typing import TypeAlias

from chat_amqp import former, topology
from chat_registry.claims import check_alike, check_room
from chat_registry.identity import ReplicaIdentity
from chat_registry.journal import ClaimName, ExitSession, ReleaseName, RenewSession, Requested, ResumeSession
from chat_registry.naming import check_form, skeletons
from chat_registry.refusals import NoSender
from chat_registry.state import State
from chat_wire import codec
from chat_wire.errors import DecodeError, UnknownType
from chat_wire.limits import MAX_REQUEST, SECRET_LENGTHS
from chat_wire.messages import Claim, Exit, ListUsers, Release, Renew, Resume
from chat_wire.names import name_key
from chat_worker.delivery import Delivery
from chat_worker.errors import NoInbox

Request: TypeAlias = Claim | Resume | Renew | Exit | ListUsers | Release
KINDS: dict[str, tuple[type[Request], ...]] = {
    topology.ENTRANCE.name: (Claim, Resume),
    topology.MEMBERS.name: (Renew, Exit, ListUsers),
    topology.OPERATOR.name: (Release,),
}
VERSION = 2  # of the entries for sessions that log in to the broker


def decode_request(delivery: Delivery) -> Request:
    """Return the request in a delivery.

    Raises:
        NoInbox: The AMQP property `reply_to` is not an address to which the registry may send the answer.
        UnknownType: The message is not a request that this exchange may carry.
        DecodeError: The message is malformed, or one of its fields has a wrong length.
    """
    if not (topology.is_reply_address(delivery.reply_to) or _is_inbox_of_operator(delivery)):
        raise NoInbox(f"reply_to must be {topology.REPLY_TO}, which you consume on the channel that you publish on")
    kinds = KINDS.get(delivery.exchange, ())
    request = codec.decode(delivery.body, *kinds)
    check_lengths(request)
    return request


def entry_for(identity: ReplicaIdentity, request: Request, delivery: Delivery, now: int, state: State) -> Requested:
    """Return the journal entry for a request.

    Args:
        identity: The replica that appends the entry.
        request: The request.
        delivery: Its delivery.
        now: The time of the entry, in microseconds.
        state: The state that the replica knows, for a claim: a name that its author holds may break the rules of form,
            and no new name may look like one in use.

    Raises:
        InvalidName: The name in a claim or a release breaks a rule.
        NameAlike: A new claim is for a name that looks like one in use.
        TooManyNames: The author of a new claim holds as many names as one may.
        Full: There is no room for another name.
        NoSender: The request does not say which session sent it.
    """
    inbox = delivery.reply_to or ""
    match request:
        case Claim():
            return claim_entry(identity, request, inbox, now, state, life=identity.token_seconds)
        case Release():
            return release_entry(identity, request, inbox, now)
        case Resume():
            return ResumeSession(
                version=VERSION,
                origin=identity.origin,
                time=now,
                request=request.request,
                inbox=inbox,
                session=request.session,
                author=author_of(request.secret),
                life=identity.token_seconds,
            )
        case Renew():
            return RenewSession(
                version=VERSION,
                origin=identity.origin,
                time=now,
                request=request.request,
                inbox=inbox,
                session=sender(delivery),
                life=identity.token_seconds,
            )
        case Exit():
            return ExitSession(
                version=VERSION,
                origin=identity.origin,
                time=now,
                request=request.request,
                inbox=inbox,
                session=sender(delivery),
            )
        case ListUsers():
            raise UnknownType("a question changes nothing")


def asker(_identity: ReplicaIdentity, _request: ListUsers, delivery: Delivery) -> str:
    """Return the session that asks for the users.

    Raises:
        NoSender: The question does not say which session sent it.
    """
    return sender(delivery)


def sender(delivery: Delivery) -> str:
    """Return the session that sent a request: the broker refuses every other `user_id` than that of the connection.

    Raises:
        NoSender: The request has no `user_id`.
    """
    if not delivery.user_id:
        raise NoSender
    return delivery.user_id


def check_lengths(request: Request) -> None:
    """Check the lengths of the fields of a request.

    Raises:
        DecodeError: One has a wrong length.
    """
    if not 1 <= len(request.request) <= MAX_REQUEST:
        raise DecodeError(f"request must have 1 to {MAX_REQUEST} characters")
    # Every post carries the hash of its author's secret, so anybody could find a short secret by trying.
    if isinstance(request, Claim) and len(request.secret) not in SECRET_LENGTHS:
        shortest, longest = SECRET_LENGTHS[0], SECRET_LENGTHS[-1]
        raise DecodeError(f"secret must have {shortest} to {longest} characters, and be random")
    if isinstance(request, Resume) and len(request.session) > MAX_REQUEST:
        raise DecodeError(f"session must have {MAX_REQUEST} characters at most")


def claim_entry(
    identity: ReplicaIdentity, request: Claim, inbox: str, now: int, state: State, *, life: int
) -> ClaimName:
    """Return the entry for a claim, whose session has tokens of `life` seconds; 0 for a client of 0.3.0.

    Raises:
        InvalidName: The name breaks a rule.
        NameAlike: The name is new, and looks like one in use.
        TooManyNames: The name is new, and its author holds as many names as one may.
        Full: The name is new, and there is no room for it.
    """
    key, author = name_key(request.name), author_of(request.secret)
    holder = state.holders.get(key)
    if holder is None or holder.author != author or not skeletons(request.name) <= skeletons(holder.name):
        check_form(request.name)
    entry = ClaimName(
        version=VERSION if life else 1,
        origin=identity.origin,
        time=now,
        request=request.request,
        inbox=inbox,
        name=request.name,
        key=key,
        author=author,
        distinct=True,
        quiet=request.quiet,
        life=life,
    )
    check_alike(state, entry)
    check_room(state, entry)
    return entry


def release_entry(identity: ReplicaIdentity, request: Release, inbox: str, now: int) -> ReleaseName:
    """Return the entry for an operator's release of a name. All versions decide it alike.

    Raises:
        InvalidName: The name breaks a rule.
    """
    return ReleaseName(
        origin=identity.origin,
        time=now,
        request=request.request,
        inbox=inbox,
        key=name_key(request.name),
        name=request.name,
    )


def author_of(secret: str) -> str:
    """Return the public id of the author who has this secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_inbox_of_operator(delivery: Delivery) -> bool:
    return delivery.exchange == topology.OPERATOR.name and former.is_inbox(delivery.reply_to)
