"""Which queue feeds which handler: posts in from 16 partitions, batches out to the rooms' streams."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog

from chat_amqp import topology
from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication
from chat_router.domain import Accepted, RateLimit, ServerClock, check_posts, priority, to_batches
from chat_router.errors import SlotFree
from chat_router.settings import RouterSettings
from chat_tokens.tokens import Claims, verify
from chat_wire.codec import decode, encode
from chat_wire.deduplicator import Deduplicator
from chat_wire.errors import InvalidText, WireError
from chat_wire.limits import PARTITIONS
from chat_wire.messages import Batch, Posts, PostsRefused, check_text, id_ranges
from chat_worker.clock import now, steady
from chat_worker.dead import dead_letter, refusal, reply
from chat_worker.delivery import Delivery, Source
from chat_worker.revoked import RevokedSessions
from chat_worker.runtime import Broker

log = structlog.get_logger()

LOOK_EVERY = 10_000_000  # microseconds


class RouterService:
    """A router replica on one connection: the active consumer of a share of the partitions.

    Any number of replicas may run. A new connection begins with an empty deduplicator: the broker may not have
    confirmed the batches of the lost one, so it redelivers their posts, the router routes them again, and readers
    drop those that they have.
    """

    def __init__(self, settings: RouterSettings, clock: ServerClock, broker: Broker) -> None:
        """Make the service of a new connection.

        Args:
            settings: The router's own settings.
            clock: Stamps batches; outlives the connection.
            broker: The connection.
        """
        self._settings = settings
        self._clock = clock
        self._broker = broker
        self._ready = False
        self._seat = PARTITIONS
        self._look_at = steady() + LOOK_EVERY
        self._sequences = Deduplicator()
        self._rate = RateLimit(settings.posts_per_second)
        self._ended = RevokedSessions(f"{settings.instance}-{secrets.token_hex(8)}", on_ready=self._take_posts)

    def start(self) -> Iterable[Publication]:
        """Read the stream of revoked sessions. The router takes posts once it has read the whole stream."""
        self._broker.declare(*topology.ROUTER_QUEUES)
        self._seat = _lowest_free_seat(self._broker, PARTITIONS)
        self._broker.consume(self._ended.source())
        return [self._ended.marker()]

    def close(self) -> None:
        """Do nothing: the broker frees the slot and the partitions with the connection."""

    def tick(self) -> Iterable[Publication]:
        """Look now and then whether a lower seat is free; a new connection takes it."""
        if steady() >= self._look_at:
            self._look_at = steady() + LOOK_EVERY
            for number in range(self._seat):
                if self._broker.hold(topology.slot(number)):
                    raise SlotFree(f"seat {number} is free")
        return []

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """A room's stream has been deleted: connect anew, which declares it."""
        raise Unconfirmed(f"nothing takes what is published to {exchange!r} with key {routing_key!r}")

    def health(self) -> Mapping[str, Any]:
        """Ready once posts are taken."""
        return {"ready": self._ready}

    def _take_posts(self) -> None:
        for partition in range(PARTITIONS):
            queue = topology.ingress(partition).name
            self._broker.consume(Source(queue=queue, handle=self.route, priority=priority(self._seat, partition)))
        self._ready = True
        log.info("router.ready", seat=self._seat)

    def route(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """Turn messages of posts into batches for the rooms, and refusals for their senders."""
        accepted: list[Accepted] = []
        refusals: list[Publication] = []
        for delivery in deliveries:
            try:
                message = decode(delivery.body, Posts)
            except WireError as error:
                refusals += [dead_letter(delivery, error), *refusal(delivery, None, error)]
                continue
            refusals += self._admit(delivery, message, accepted)
        batches = to_batches(accepted, self._settings.instance, self._clock.stamp(now()))
        return [*(self._publish(batch, after_confirms=n > 0) for n, batch in enumerate(batches)), *refusals]

    def _admit(self, delivery: Delivery, message: Posts, accepted: list[Accepted]) -> list[Publication]:
        sequences = tuple(post.sequence for post in message.posts)
        try:
            claims = verify(message.token, self._settings.public_key, now())
        except WireError as error:
            return _refuse(delivery, None, sequences, error)
        try:
            self._check(delivery, message, claims)
        except WireError as error:
            return _refuse(delivery, claims, sequences, error)
        refused: list[Publication] = []
        for post in message.posts:
            try:
                check_text(post.text)
            except InvalidText as error:
                refused += _refuse(delivery, claims, (post.sequence,), error)
                continue
            if self._sequences.admit(claims.session, post.sequence):
                accepted.append(Accepted(message.room, claims, post))
            else:
                log.info("post.repeated", session=claims.session, user=claims.name, sequence=post.sequence)
        return refused

    def _check(self, delivery: Delivery, message: Posts, claims: Claims) -> None:
        self._ended.check(claims.session)
        check_posts(message, claims, int(delivery.queue.rpartition(".")[2]), topology.ROOMS)
        self._rate.spend(claims.session, len(message.posts), now())

    def _publish(self, batch: Batch, after_confirms: bool) -> Publication:
        runs = id_ranges((run.session, post.sequence) for run in batch.runs for post in run.posts)
        log.info("batch.published", room=batch.room, server_ts=batch.server_ts, runs=runs)
        return Publication(
            exchange=topology.ROOM.name, routing_key=batch.room, body=encode(batch), after_confirms=after_confirms
        )


def _lowest_free_seat(broker: Broker, most: int) -> int:
    """Take the lowest seat that nobody has, below `most`; `most` itself is taken by nobody, and wants nothing."""
    return next((number for number in range(most) if broker.hold(topology.slot(number))), most)


def _refuse(
    delivery: Delivery, claims: Claims | None, sequences: tuple[int, ...], error: WireError
) -> list[Publication]:
    """Tell the sender; where there is no inbox to tell, keep the message in dead-letters."""
    if not topology.is_inbox(delivery.reply_to):
        return [dead_letter(delivery, error)]
    log.warning("posts.refused", reason=error.reason, error=str(error), **_whose(claims, sequences))
    answer = PostsRefused(sequences=sequences, reason=error.reason, text=str(error))
    return reply(delivery.reply_to, encode(answer))


def _whose(claims: Claims | None, sequences: tuple[int, ...]) -> dict[str, Any]:
    """For a log line: which posts of whom, as far as a token says so."""
    if claims is None:
        return {"sequences": sequences}
    runs = id_ranges((claims.session, sequence) for sequence in sequences)
    return {"session": claims.session, "user": claims.name, "runs": runs}
