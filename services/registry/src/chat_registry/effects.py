"""The publications and log lines that follow from outcomes.

The replica that appended an entry, its origin, publishes the entry's outcome. A replica that begins to serve also
repeats publications of others, in case the origin died before it (`recent_publications`).
"""

from collections.abc import Iterator

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_registry.journal import ClaimName, Departed, JournalEntry, RequestedEntry
from chat_registry.outcome import Outcome
from chat_registry.presence import events_of_loss
from chat_registry.state import EndedSession, Holder, PresenceEvent, State
from chat_tokens.tokens import Claims, mint
from chat_wire.codec import encode
from chat_wire.messages import Granted, Notice, Refused, SessionEnded
from chat_wire.units import SECOND
from chat_worker.replies import reply

log = structlog.get_logger()

# A replica that died may not have published what followed from the entries of its last minutes.
REPEAT_SECONDS = 600


def publications(entry: JournalEntry, offset: int, outcome: Outcome, private_key: str) -> Iterator[Publication]:
    """Yield the answer to the client, the revoked session for the other services, and the notices for the rooms.

    Args:
        entry: The entry.
        offset: The offset of the entry's message in the journal.
        outcome: The outcome of the entry.
        private_key: The key that signs the token, in PEM.
    """
    if not isinstance(entry, Departed) and outcome.reply:
        answer = outcome.reply
        if isinstance(answer, Holder):
            yield from reply(entry.inbox, encode(_with_token(answer, entry, offset, private_key)))
        else:
            yield from reply(entry.inbox, encode(answer))
    if outcome.ended:
        yield from _session_ended(outcome.ended)
    for event in outcome.events:
        yield from _notices(event)


def recent_publications(state: State) -> Iterator[Publication]:
    """Yield again the recent ends of sessions and of connections.

    The origin may have died before it published them, and no client repeats a request for them.
    """
    since = state.time - REPEAT_SECONDS * SECOND
    for ended in state.ended.values():
        if ended.at > since:
            yield from _session_ended(ended)
    for holder in state.holders.values():
        for event in events_of_loss(holder):
            if event.at > since:
                yield from _notices(event)


def log_outcome(entry: JournalEntry, outcome: Outcome) -> None:
    """Log the outcome of an entry, without secrets and tokens."""
    if isinstance(outcome.reply, Holder):
        name = "session.claimed" if isinstance(entry, ClaimName) else "session.resumed"
        log.info(name, session=outcome.reply.session, user=outcome.reply.name, partition=outcome.reply.partition)
    if isinstance(outcome.reply, Refused):
        known = {"user": entry.name} if isinstance(entry, ClaimName) else {}
        log.info("session.refused", reason=outcome.reply.reason, error=outcome.reply.text, **known)
    if outcome.ended:
        log.info("session.ended", session=outcome.ended.session, user=outcome.ended.user, reason=outcome.ended.reason)
    for event in outcome.events:
        if event.kind == "lost":
            log.info("session.departed", session=event.session, user=event.user)


def _with_token(holder: Holder, entry: RequestedEntry, offset: int, private_key: str) -> Granted:
    """Return the answer to a claim or a resume, with a new token for the holder's session."""
    claims = Claims(
        session=holder.session,
        name=holder.name,
        author=holder.author,
        partition=holder.partition,
        expires=holder.expires,
    )
    return Granted(
        request=entry.request,
        session=holder.session,
        name=holder.name,
        author=holder.author,
        partition=holder.partition,
        token=mint(claims, private_key),
        expires=holder.expires,
        at=entry.time,
        offset=offset,
    )


def _session_ended(ended: EndedSession) -> Iterator[Publication]:
    """Yield the message for routers and archives, and one for the client unless it ended the session itself."""
    body = encode(SessionEnded(session=ended.session, expires=ended.expires, reason=ended.reason))
    yield Publication(exchange=topology.SESSIONS.name, routing_key="", body=body)
    if ended.reason != "exited":
        yield from reply(ended.inbox, body)


def _notices(event: PresenceEvent) -> Iterator[Publication]:
    """Yield the notice of an event for each room; a client shows only the first notice with an id."""
    for room in topology.ROOMS:
        notice = Notice(id=event.id, room=room, kind=event.kind, user=event.user, at=event.at)
        yield Publication(exchange=topology.ROOM.name, routing_key=room, body=encode(notice))
