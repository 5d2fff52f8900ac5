"""Sessions that tests make without a registry."""

import secrets
import time

from chat_tokens.tokens import Claims, mint
from chat_wire.messages import Granted
from testkit.chatter import Chatter
from testkit.processes import System

HOUR = 3_600_000_000


def member(system: System, name: str, partition: int = 3, expires_in: int = HOUR, secret: str | None = None) -> Chatter:
    """Return a chatter with a new session, whose token is signed with the registry's key.

    Args:
        system: The system.
        name: The name of the member.
        partition: The partition of the session.
        expires_in: The lifetime of the token, in microseconds.
        secret: The author secret; by default, a random one.
    """
    chatter = Chatter(system.url("former-client"), secret)
    expires = (time.time_ns() // 1000 + expires_in) // 1_000_000 * 1_000_000
    claims = Claims(
        session=secrets.token_hex(16), name=name, author=chatter.secret, partition=partition, expires=expires
    )
    key = (system.broker.secrets_dir / "registry" / "token_private_key").read_text()
    chatter.granted = Granted(
        request="",
        session=claims.session,
        name=name,
        author=claims.author,
        partition=partition,
        token=mint(claims, key),
        expires=expires,
        at=0,
        offset=0,
    )
    return chatter
