"""Check the requests of clients of 0.3.0, which send a token in each, and make journal entries of them.

The next version deletes this module.
"""

from chat_amqp import former, topology
from chat_registry.identity import ReplicaIdentity
from chat_registry.intake import Request, author_of, check_lengths, claim_entry, release_entry
from chat_registry.journal import Departed, ExitSession, Requested, ResumeSession
from chat_registry.state import State
from chat_tokens.tokens import claims_in, verify
from chat_wire import codec
from chat_wire.errors import UnknownType
from chat_wire.messages import Claim, Exit, ListUsers, Release, Resume
from chat_worker.clock import now as present
from chat_worker.delivery import Delivery
from chat_worker.errors import NoInbox

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
    check_lengths(request)
    return request


def entry_for(identity: ReplicaIdentity, request: Request, delivery: Delivery, now: int, state: State) -> Requested:
    """Return the journal entry for a request, as in `intake.entry_for`.

    Raises:
        InvalidName: The name in a claim or a release breaks a rule.
        NameAlike: A new claim is for a name that looks like one in use.
        Full: There is no room for another name.
        InvalidToken: The token is forged, or has expired and comes without the secret of its author.
    """
    inbox = delivery.reply_to or ""
    match request:
        case Claim():
            return claim_entry(identity, request, inbox, now, state, life=0)
        case Resume():
            return _resume_entry(identity, request, inbox, now)
        case Exit():
            session = verify(request.token, identity.public_key, now).session
            return ExitSession(origin=identity.origin, time=now, request=request.request, inbox=inbox, session=session)
        case Release():
            return release_entry(identity, request, inbox, now)
        case _:
            raise UnknownType("not a command of a client of 0.3.0")


def asker(identity: ReplicaIdentity, request: ListUsers, _delivery: Delivery) -> str:
    """Return the session that asks for the users.

    Raises:
        InvalidToken: The token is forged or has expired.
    """
    return verify(request.token, identity.public_key, present()).session


def departure_in(origin: str, delivery: Delivery, now: int) -> Departed | None:
    """Return the entry for the broker's event `queue.deleted`, or None if the deleted queue is not an inbox."""
    name = delivery.headers.get("name")
    if not isinstance(name, str) or not former.is_inbox(name):
        return None
    return Departed(origin=origin, time=now, inbox=name)


def _resume_entry(identity: ReplicaIdentity, request: Resume, inbox: str, now: int) -> ResumeSession:
    """Return the entry for a resume by a valid token, or by an expired one together with the author's secret."""
    claims = claims_in(request.token, identity.public_key)
    if claims.author != author_of(request.secret):
        verify(request.token, identity.public_key, now)
    return ResumeSession(
        origin=identity.origin,
        time=now,
        request=request.request,
        inbox=inbox,
        session=claims.session,
        author=claims.author,
    )
