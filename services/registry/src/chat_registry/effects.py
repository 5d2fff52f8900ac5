"""From outcomes to what is published and logged because of them. Only an entry's origin does this."""

from collections.abc import Iterator

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_registry.domain import Outcome
from chat_registry.journal import Asked, ClaimName, Command, Departed
from chat_registry.state import Ended, Holder, News
from chat_tokens.tokens import Claims, mint
from chat_wire.codec import encode
from chat_wire.messages import Granted, Notice, Refused, SessionEnded
from chat_worker.dead import reply

log = structlog.get_logger()


def publications(entry: Command, offset: int, outcome: Outcome, private_key: str) -> Iterator[Publication]:
    """The answer to the one who asked, what the other services must know, and what the rooms are told."""
    if not isinstance(entry, Departed) and outcome.reply:
        answer = outcome.reply
        if isinstance(answer, Holder):
            yield from reply(entry.inbox, encode(_granted(answer, entry, offset, private_key)))
        else:
            yield from reply(entry.inbox, encode(answer))
    if outcome.ended:
        yield from session_ended(outcome.ended)
    for news in outcome.news:
        yield from notices(news)


def session_ended(ended: Ended) -> Iterator[Publication]:
    """For routers and archives, which must refuse the token; and for its client, if others ended it."""
    body = encode(SessionEnded(session=ended.session, expires=ended.expires, reason=ended.reason))
    yield Publication(exchange=topology.SESSIONS.name, routing_key="", body=body)
    if ended.reason != "exited":
        yield from reply(ended.inbox, body)


def log_lines(entry: Command, outcome: Outcome) -> None:
    """Say what happened, without secrets and tokens."""
    if isinstance(outcome.reply, Holder):
        event = "session.claimed" if isinstance(entry, ClaimName) else "session.resumed"
        log.info(event, session=outcome.reply.session, user=outcome.reply.name, partition=outcome.reply.partition)
    if isinstance(outcome.reply, Refused):
        known = {"user": entry.name} if isinstance(entry, ClaimName) else {}
        log.info("session.refused", reason=outcome.reply.reason, error=outcome.reply.text, **known)
    if outcome.ended:
        log.info("session.ended", session=outcome.ended.session, user=outcome.ended.user, reason=outcome.ended.reason)
    for news in outcome.news:
        if news.kind == "lost":
            log.info("session.departed", session=news.session, user=news.user)


def _granted(holder: Holder, entry: Asked, offset: int, private_key: str) -> Granted:
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


def notices(news: News) -> Iterator[Publication]:
    """What the rooms are told of something; it counts once however often it is told."""
    for room in topology.ROOMS:
        notice = Notice(id=news.id, room=room, kind=news.kind, user=news.user, at=news.at)
        yield Publication(exchange=topology.ROOM.name, routing_key=room, body=encode(notice))
