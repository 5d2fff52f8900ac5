"""From what clients, operators and the broker send to entries of the journal."""

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

from chat_amqp import topology
from chat_registry.journal import ClaimName, Command, Departed, ExitSession, ReleaseName, ResumeSession
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a replica takes commands in with: its name as their origin, and the key that tokens must fit."""

    origin: str
    public_key: str


def request_in(delivery: Delivery) -> Request:
    """The command in a delivery. What an operator may ask, only the operator's exchange brings.

    Raises DecodeError and UnknownType, and NoInbox when it cannot be answered.
    """
    if not topology.is_inbox(delivery.reply_to):
        raise NoInbox("reply_to must name your inbox, as in inbox.0123456789abcdef0123456789abcdef")
    kinds = FROM_OPERATORS if delivery.exchange == topology.OPERATOR.name else FROM_CLIENTS
    request = codec.decode(delivery.body, *kinds)
    if not 1 <= len(request.request) <= MAX_REQUEST:
        raise DecodeError(f"request must have 1 to {MAX_REQUEST} characters")
    # The hash of a secret goes with every post: one that can be guessed would be guessed.
    if isinstance(request, Claim) and len(request.secret) not in SECRET_LENGTHS:
        raise DecodeError("secret must have 32 to 128 characters, and be random")
    return request


def entry_for(desk: Desk, request: Claim | Resume | Exit | Release, inbox: str, now: int) -> Command:
    """What to append to the journal for a command; raises InvalidName and InvalidToken."""
    match request:
        case Claim():
            return ClaimName(
                origin=desk.origin,
                time=now,
                request=request.request,
                inbox=inbox,
                name=request.name,
                key=name_key(request.name),
                author=_author(request.secret),
            )
        case Resume():
            claims = claims_in(request.token, desk.public_key)
            if claims.author != _author(request.secret):
                verify(request.token, desk.public_key, now)
            return ResumeSession(
                origin=desk.origin,
                time=now,
                request=request.request,
                inbox=inbox,
                session=claims.session,
                author=claims.author,
            )
        case Exit():
            session = verify(request.token, desk.public_key, now).session
            return ExitSession(origin=desk.origin, time=now, request=request.request, inbox=inbox, session=session)
        case Release():
            return ReleaseName(
                origin=desk.origin,
                time=now,
                request=request.request,
                inbox=inbox,
                key=name_key(request.name),
                name=request.name,
            )


def departure_in(desk: Desk, delivery: Delivery, now: int) -> Departed | None:
    """The departure in the broker's event `queue.deleted`; none if the queue was no inbox."""
    name = delivery.headers.get("name")
    if not isinstance(name, str) or not topology.is_inbox(name):
        return None
    return Departed(origin=desk.origin, time=now, inbox=name)


def _author(secret: str) -> str:
    """Who has a secret, as all may know it."""
    return hashlib.sha256(secret.encode()).hexdigest()
