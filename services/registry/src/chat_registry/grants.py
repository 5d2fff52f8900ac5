"""The answer to a claim, a resume or a renewal: a new token for the session."""

from chat_registry.identity import ReplicaIdentity
from chat_registry.journal import RequestedEntry
from chat_registry.scopes import scopes
from chat_registry.state import Holder
from chat_tokens.access import Card, mint_access, write_card
from chat_tokens.tokens import Claims, mint
from chat_wire.messages import Granted


def grant(holder: Holder, entry: RequestedEntry, offset: int, identity: ReplicaIdentity) -> Granted:
    """Return the answer.

    Args:
        holder: The holder, whose session gets the token.
        entry: The entry that asked for it.
        offset: The offset of the entry's message in the journal.
        identity: The replica, which signs the token.
    """
    token, card = _access(holder, identity) if holder.life else (_former_token(holder, identity), "")
    return Granted(
        request=entry.request,
        session=holder.session,
        name=holder.name,
        author=holder.author,
        partition=holder.partition,
        token=token,
        card=card,
        expires=holder.expires,
        at=entry.time,
        offset=offset,
    )


def _access(holder: Holder, identity: ReplicaIdentity) -> tuple[str, str]:
    """Return a token with which the session logs in to the broker, and its identity card."""
    allowed = scopes(identity.vhost, holder.partition)
    token = mint_access(holder.session, allowed, holder.expires, identity.private_key)
    card = Card(session=holder.session, name=holder.name, author=holder.author)
    return token, write_card(card, identity.private_key)


def _former_token(holder: Holder, identity: ReplicaIdentity) -> str:
    """Return a token that a client of 0.3.0 sends in each message."""
    claims = Claims(
        session=holder.session,
        name=holder.name,
        author=holder.author,
        partition=holder.partition,
        expires=holder.expires,
    )
    return mint(claims, identity.private_key)
