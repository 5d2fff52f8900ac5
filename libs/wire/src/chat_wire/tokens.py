"""Session tokens: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037).

Only the registry has the private key; router and archive verify with the public one. To a client
a token is opaque.
"""

from dataclasses import dataclass
from functools import lru_cache

import jwt
import msgspec

from chat_wire.errors import InvalidToken

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says of its bearer. `expires` is in microseconds, a whole number of seconds."""

    session: str
    name: str
    author: str
    partition: int
    expires: int


def mint(claims: Claims, private_key: str) -> str:
    """A token that says `claims`; `private_key` is an Ed25519 key in PEM."""
    payload = {
        "sid": claims.session,
        "name": claims.name,
        "author": claims.author,
        "partition": claims.partition,
        "exp": claims.expires // MICROSECONDS,
    }
    return jwt.encode(payload, private_key, algorithm="EdDSA")


def verify(token: str, public_key: str, now: int) -> Claims:
    """What `token` says, if the registry signed it and it has not expired at `now` (microseconds).

    Raises InvalidToken. Signatures already verified are remembered, as one costs 0.1 ms.
    """
    claims = _verify_signature(token, public_key)
    if claims.expires <= now:
        raise InvalidToken("the session has expired: join again")
    return claims


class _Payload(msgspec.Struct):
    sid: str
    name: str
    author: str
    partition: int
    exp: int


@lru_cache(maxsize=10_000)
def _verify_signature(token: str, public_key: str) -> Claims:
    options: jwt.types.Options = {"require": ["exp"], "verify_exp": False}
    try:
        payload = jwt.decode(token, public_key, algorithms=["EdDSA"], options=options)
        found = msgspec.convert(payload, _Payload)
    except (jwt.InvalidTokenError, msgspec.ValidationError) as error:
        raise InvalidToken(f"not a token of this chat ({error}): join again") from None
    return Claims(
        session=found.sid,
        name=found.name,
        author=found.author,
        partition=found.partition,
        expires=found.exp * MICROSECONDS,
    )
