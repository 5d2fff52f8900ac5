"""Keys, and the session tokens of clients of 0.3.0: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037).

Only the registry has the private key. The router and the archive verify tokens with the public key. A token is
opaque to a client. Newer clients log in to the broker instead (access.py).
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
from chat_wire.units import SECOND

MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of a token about its bearer.

    Attributes:
        session: The session's id.
        name: The user name as typed.
        author: The id of the person: the same for every claim with one secret.
        partition: The ingress partition that the session posts to, 0 to 15.
        expires: When the token expires, in microseconds since 1970-01-01 UTC; a whole number of seconds.
    """

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


# The claims of tokens whose signature this process has verified or made, by public key and token, oldest first.
_signed: dict[tuple[str, str], Claims] = {}


def mint(claims: Claims, private_key: str) -> str:
    """Return a signed token with these claims.

    Args:
        claims: The claims. `exp` of RFC 7519, 4.1.4 is in seconds, so a fraction of a second is lost.
        private_key: An Ed25519 private key in PEM.

    Raises:
        ValueError: The key is not in PEM.
        TypeError: The key is not an Ed25519 private key.
    """
    payload = _Payload(
        sid=claims.session,
        name=claims.name,
        author=claims.author,
        partition=claims.partition,
        exp=claims.expires // SECOND,
    )
    key, public_key = signing_key(private_key)
    token = jwt.encode(msgspec.structs.asdict(payload), key, algorithm="EdDSA")
    _remember(token, public_key, payload)
    return token


def verify(token: str, public_key: str, now: int) -> Claims:
    """Return the claims of a token that the registry has signed and that has not expired.

    Args:
        token: The token.
        public_key: The registry's Ed25519 public key in PEM.
        now: The time, in microseconds since 1970-01-01 UTC.

    Raises:
        InvalidToken: The signature is wrong, or the token has expired at `now`.
        ValueError: The key is not in PEM.
        TypeError: The key is not an Ed25519 public key.
    """
    claims = claims_in(token, public_key)
    if claims.expires <= now:
        raise InvalidToken("the session has expired: join again")
    return claims


def claims_in(token: str, public_key: str) -> Claims:
    """Return the claims of a token that the registry has signed, even if the token has expired.

    Verifying a signature takes 0.1 ms, so this process remembers the claims of the tokens that it has seen last.

    Args:
        token: The token.
        public_key: The registry's Ed25519 public key in PEM.

    Raises:
        InvalidToken: The signature is wrong.
        ValueError: The key is not in PEM.
        TypeError: The key is not an Ed25519 public key.
    """
    return _signed.get((public_key, token)) or _verify_signature(token, public_key)


def public_half(private_key: str) -> str:
    """Return the public key, in PEM, that belongs to a private key.

    Args:
        private_key: An Ed25519 private key in PEM.

    Raises:
        ValueError: The key is not in PEM.
        TypeError: The key is not an Ed25519 private key, or it is encrypted.
    """
    return signing_key(private_key)[1]


def check_public_key(public_key: str) -> None:
    """Check that a key can verify tokens.

    Args:
        public_key: An Ed25519 public key in PEM.

    Raises:
        ValueError: The key is not in PEM.
        TypeError: The key is not an Ed25519 public key.
    """
    verifying_key(public_key)


def _verify_signature(token: str, public_key: str) -> Claims:
    options: jwt.types.Options = {"require": ["exp"], "verify_exp": False}
    try:
        payload = jwt.decode(token, verifying_key(public_key), algorithms=["EdDSA"], options=options)
        found = msgspec.convert(payload, _Payload)
    except (jwt.InvalidTokenError, msgspec.ValidationError) as error:  # their texts may quote the forger's words
        raise InvalidToken(f"not a token of this chat ({type(error).__name__}): join again") from None
    return _remember(token, public_key, found)


def _remember(token: str, public_key: str, payload: _Payload) -> Claims:
    claims = Claims(
        session=payload.sid,
        name=payload.name,
        author=payload.author,
        partition=payload.partition,
        expires=payload.exp * SECOND,
    )
    _signed[public_key, token] = claims
    if len(_signed) > MAX_REMEMBERED:
        del _signed[next(iter(_signed))]
    return claims


@lru_cache
def signing_key(pem: str) -> tuple[Ed25519PrivateKey, str]:
    """Load a private key, once, and return it with its public half in PEM.

    Args:
        pem: An Ed25519 private key in PEM.

    Raises:
        ValueError: The key is not in PEM.
        TypeError: The key is not an Ed25519 private key.
    """
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("tokens are signed with an Ed25519 key")
    return key, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@lru_cache
def verifying_key(pem: str) -> Ed25519PublicKey:
    """Load a public key, once.

    Args:
        pem: An Ed25519 public key in PEM.

    Raises:
        ValueError: The key is not in PEM.
        TypeError: The key is not an Ed25519 public key.
    """
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("tokens are verified with an Ed25519 key")
    return key
