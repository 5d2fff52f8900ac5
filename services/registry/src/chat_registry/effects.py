"""The publications and log lines that follow from outcomes.

The replica that appended an entry, its origin, publishes the entry's outcome. A replica that begins to serve also
repeats publications of others, in case the origin died before it (`recent_publications`).
"""

from collections.abc import Iterator

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_registry.grants import grant
from chat_registry.identity import ReplicaIdentity
from chat_registry.journal import ClaimName, JournalEntry, RenewSession, RequestedEntry
from chat_registry.outcome import Outcome
from chat_registry.presence import recent_events
from chat_registry.state import EndedSession, Holder, PresenceEvent, State
from chat_wire.codec import encode
from chat_wire.messages import Notice, Refused, SessionEnded
from chat_wire.units import SECOND
from chat_worker.replies import reply

log = structlog.get_logger()

# A replica that died may not have published what followed from the entries of its last minutes.
REPEAT_SECONDS = 600


def publications(
    entry: JournalEntry, offset: int, outcome: Outcome, identity: ReplicaIdentity
) -> Iterator[Publication]:
    """Yield the answer to the client, the revoked session for the other services, and the notices for the rooms.

    Args:
        entry: The entry.
        offset: The offset of the entry's message in the journal.
        outcome: The outcome of the entry.
        identity: The replica, which signs the token.
    """
    if isinstance(entry, RequestedEntry) and outcome.reply:
        found = outcome.reply
        answer = grant(found, entry, offset, identity) if isinstance(found, Holder) else found
        yield from reply(entry.inbox, encode(answer))
    if outcome.ended:
        yield from _session_ended(outcome.ended)
    for event in outcome.events:
        yield from _notices(event)


def recent_publications(state: State) -> Iterator[Publication]:
    """Yield again the recent ends of sessions, and the recent presence events that no client asks for.

    The origin may have died before it published them, and no client repeats a request for them.
    """
    since = state.time - REPEAT_SECONDS * SECOND
    for ended in state.ended.values():
        if ended.at > since:
            yield from _session_ended(ended)
    for holder in state.holders.values():
        for event in recent_events(holder):
            if event.at > since:
                yield from _notices(event)


def log_outcome(entry: JournalEntry, outcome: Outcome) -> None:
    """Log the outcome of an entry, without secrets and tokens."""
    if isinstance(outcome.reply, Holder):
        _log_grant(entry, outcome.reply)
    if isinstance(outcome.reply, Refused):
        known = {"user": entry.name} if isinstance(entry, ClaimName) else {}
        log.info("session.refused", reason=outcome.reply.reason, error=outcome.reply.text, **known)
    if outcome.ended:
        log.info("session.ended", session=outcome.ended.session, user=outcome.ended.user, reason=outcome.ended.reason)
    for event in outcome.events:
        if event.kind == "lost":
            log.info("session.departed", session=event.session, user=event.user)
        elif not isinstance(entry, RequestedEntry):
            log.info("session.connected", session=event.session, user=event.user)


def _log_grant(entry: JournalEntry, holder: Holder) -> None:
    if isinstance(entry, RenewSession):
        log.debug("session.renewed", session=holder.session, user=holder.name)
        return
    name = "session.claimed" if isinstance(entry, ClaimName) else "session.resumed"
    log.info(name, session=holder.session, user=holder.name, partition=holder.partition)


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
