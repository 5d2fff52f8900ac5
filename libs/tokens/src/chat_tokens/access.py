"""Access to the broker: the tokens by which sessions log in, and the identity cards that they show to services.

RabbitMQ's OAuth 2 plugin checks the tokens (https://www.rabbitmq.com/docs/oauth2). They are JSON Web Tokens (RFC 7519)
signed with Ed25519 (RFC 8037), and only the registry has the private key. A token is a password. A card is not: it says
who a session is, and a service accepts it only from that session. The broker vouches for the sender of a message by the
property `user_id`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import jwt
import msgspec

from chat_tokens.tokens import signing_key, verifying_key
from chat_wire.errors import InvalidToken
from chat_wire.units import SECOND

RESOURCE_SERVER = "chat"  # auth_oauth2.resource_server_id in broker/rabbitmq.conf
_SERVICES = "services"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The identity of a session.

    Attributes:
        session: The session's id, which is its user at the broker.
        name: The user name as typed.
        author: The SHA-256 of the person's secret.
    """

    session: str
    name: str
    author: str


class _CardPayload(msgspec.Struct):
    sub: str
    name: str
    author: str


def mint_access(session: str, scopes: Sequence[str], expires: int, private_key: str) -> str:
    """Return a token by which a session logs in to the broker.

    Args:
        session: The session's id, which becomes the user.
        scopes: What the session may do (https://www.rabbitmq.com/docs/oauth2#scope-translation).
        expires: When the token expires, in microseconds since 1970-01-01 UTC; a fraction of a second is lost.
        private_key: An Ed25519 private key in PEM.

    Raises:
        ValueError: The key is not in PEM.
        TypeError: The key is not an Ed25519 private key.
    """
    key, _public_key = signing_key(private_key)
    claims = {"sub": session, "aud": RESOURCE_SERVER, "exp": expires // SECOND, "scope": list(scopes)}
    return jwt.encode(claims, key, algorithm="EdDSA")


def write_card(card: Card, private_key: str) -> str:
    """Return a signed identity card. It lasts as long as the session.

    Args:
        card: The identity.
        private_key: An Ed25519 private key in PEM.

    Raises:
        ValueError: The key is not in PEM.
        TypeError: The key is not an Ed25519 private key.
    """
    key, _public_key = signing_key(private_key)
    claims = {"sub": card.session, "aud": _SERVICES, "name": card.name, "author": card.author}
    return jwt.encode(claims, key, algorithm="EdDSA")


def identify(card: str, user_id: str | None, public_key: str) -> Card:
    """Return the identity of the sender of a message.

    Args:
        card: The identity card in the message.
        user_id: The user of the sender, for which the broker vouches; None if the sender left it out.
        public_key: The registry's Ed25519 public key in PEM.

    Raises:
        InvalidToken: The registry has not signed the card, or it is that of another session.
        ValueError: The key is not in PEM.
        TypeError: The key is not an Ed25519 public key.
    """
    found = _read_card(card, public_key)
    if found.session != user_id:
        raise InvalidToken("the identity card is that of another session: send your own, and your user_id")
    return found


# Verifying a signature takes 0.1 ms. An exception is not remembered, so forged cards do not displace others.
@lru_cache(maxsize=10_000)
def _read_card(card: str, public_key: str) -> Card:
    try:
        payload = jwt.decode(card, verifying_key(public_key), algorithms=["EdDSA"], audience=_SERVICES)
        found = msgspec.convert(payload, _CardPayload)
    except (jwt.InvalidTokenError, msgspec.ValidationError) as error:  # their texts may quote the forger's words
        raise InvalidToken(f"not an identity card of this chat ({type(error).__name__}): join again") from None
    return Card(session=found.sub, name=found.name, author=found.author)
