"""Sessions that tests make without a registry."""

import secrets
import time

from chat_registry.scopes import scopes
from chat_tokens.access import Card, mint_access, write_card
from chat_wire.messages import Granted
from chat_wire.units import SECOND
from testkit.chatter import Chatter
from testkit.processes import System

HOUR = 3_600_000_000


def member(system: System, name: str, partition: int = 3, expires_in: int = HOUR, secret: str | None = None) -> Chatter:
    """Return a chatter that is connected as a new session, whose token and card are signed with the registry's key.

    Args:
        system: The system.
        name: The name of the member.
        partition: The partition of the session.
        expires_in: The lifetime of the token, in microseconds.
        secret: The author secret, which is also the author; by default, a random one.
    """
    chatter = Chatter(system.url("client"), secret)
    chatter.granted = grant(system, name, chatter.secret, partition, expires_in)
    chatter.enter()
    return chatter


def grant(
    system: System,
    name: str,
    author: str,
    partition: int = 3,
    lifetime: int = HOUR,
    session: str | None = None,
    key: str | None = None,
) -> Granted:
    """Return what a registry grants to a session.

    Args:
        system: The system.
        name: The name of the member.
        author: The author.
        partition: The partition of the session.
        lifetime: The lifetime of the token, in microseconds.
        session: The session; by default, a new one.
        key: The private key that signs; by default, that of the registry.
    """
    session, now = session or secrets.token_hex(16), time.time_ns() // 1000
    expires = (now + lifetime) // SECOND * SECOND
    key = key or (system.broker.secrets_dir / "registry" / "token_private_key").read_text()
    return Granted(
        request="",
        session=session,
        name=name,
        author=author,
        partition=partition,
        token=mint_access(session, scopes(system.vhost, partition), expires, key),
        card=write_card(Card(session=session, name=name, author=author), key),
        expires=expires,
        at=now,
        offset=0,
    )
