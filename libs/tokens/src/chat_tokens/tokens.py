"""Session tokens: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037).

Only the registry has the private key; router and archive verify with the public one. To a client
a token is opaque.
"""

from dataclasses import dataclass
from functools import lru_cache

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from chat_wire.errors import InvalidToken

MICROSECONDS = 1_000_000
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says of its bearer. `expires` is in microseconds, a whole number of seconds."""

    session: str
    name: str
    author: str
    partition: int
    expires: int


class _Payload(msgspec.Struct):
    sid: str
    name: str
    author: str
    partition: int
    exp: int


# By public key and token, oldest first: what was found to be signed here, or was signed by this process.
_signed: dict[tuple[str, str], Claims] = {}


def mint(claims: Claims, private_key: str) -> str:
    """A token that says `claims`; `private_key` is an Ed25519 key in PEM."""
    payload = _Payload(
        sid=claims.session,
        name=claims.name,
        author=claims.author,
        partition=claims.partition,
        exp=claims.expires // MICROSECONDS,
    )
    key, public_key = _signing_key(private_key)
    token = jwt.encode(msgspec.structs.asdict(payload), key, algorithm="EdDSA")
    _remember(token, public_key, payload)
    return token


def verify(token: str, public_key: str, now: int) -> Claims:
    """What `token` says, if the registry signed it and it has not expired at `now` (microseconds).

    Raises InvalidToken.
    """
    claims = claims_in(token, public_key)
    if claims.expires <= now:
        raise InvalidToken("the session has expired: join again")
    return claims


def claims_in(token: str, public_key: str) -> Claims:
    """What `token` says, if the registry signed it, be it expired or not.

    Raises InvalidToken. Signatures made or verified here are remembered, as to verify one costs 0.1 ms.
    """
    return _signed.get((public_key, token)) or _verify_signature(token, public_key)


def _verify_signature(token: str, public_key: str) -> Claims:
    options: jwt.types.Options = {"require": ["exp"], "verify_exp": False}
    try:
        payload = jwt.decode(token, _verifying_key(public_key), algorithms=["EdDSA"], options=options)
        found = msgspec.convert(payload, _Payload)
    except (jwt.InvalidTokenError, msgspec.ValidationError) as error:  # whose words may quote the forger's
        raise InvalidToken(f"not a token of this chat ({type(error).__name__}): join again") from None
    return _remember(token, public_key, found)


def _remember(token: str, public_key: str, payload: _Payload) -> Claims:
    claims = Claims(
        session=payload.sid,
        name=payload.name,
        author=payload.author,
        partition=payload.partition,
        expires=payload.exp * MICROSECONDS,
    )
    _signed[public_key, token] = claims
    if len(_signed) > MOST_REMEMBERED:
        del _signed[next(iter(_signed))]
    return claims


@lru_cache
def _signing_key(pem: str) -> tuple[Ed25519PrivateKey, str]:
    """A private key and its public half in PEM, read once."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("tokens are signed with an Ed25519 key")
    return key, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@lru_cache
def _verifying_key(pem: str) -> Ed25519PublicKey:
    """A public key, read once."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("tokens are verified with an Ed25519 key")
    return key
