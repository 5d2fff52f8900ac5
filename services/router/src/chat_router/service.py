"""The router's service: posts come in from 16 partitions, batches go out to the rooms' streams."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog

from chat_amqp import topology
from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication
from chat_router.batches import ServerClock, to_batches
from chat_router.errors import LowerSlotFree
from chat_router.partitions import priority
from chat_router.settings import RouterSettings
from chat_router.validation import Accepted, Rejected, Validator, Verdict
from chat_tokens.tokens import Claims
from chat_wire.codec import decode, encode
from chat_wire.errors import WireError
from chat_wire.limits import PARTITIONS
from chat_wire.messages import Batch, Posts, PostsRefused, id_ranges
from chat_worker.broker import Broker
from chat_worker.clock import now, steady
from chat_worker.dead import dead_letter, refusal, reply
from chat_worker.delivery import Delivery, Source
from chat_worker.revoked import RevokedSessions

log = structlog.get_logger()

LOOK_EVERY = 10_000_000  # microseconds


class RouterService:
    """A router replica on one connection: the active consumer of a share of the partitions.

    Any number of replicas may run. A new connection begins with a new validator: the broker may not have confirmed
    the batches of the lost connection, so it redelivers their posts, the router routes them again, and readers drop
    the posts that they have.
    """

    def __init__(self, settings: RouterSettings, clock: ServerClock, broker: Broker) -> None:
        """Make the service of a new connection.

        Args:
            settings: The router's own settings.
            clock: Stamps batches; it outlives the connection.
            broker: The connection.
        """
        self._instance = settings.instance
        self._clock = clock
        self._broker = broker
        self._ready = False
        self._slot = PARTITIONS
        self._look_at = steady() + LOOK_EVERY
        self._revoked = RevokedSessions(f"{settings.instance}-{secrets.token_hex(8)}", on_ready=self._take_posts)
        self._validator = Validator(settings.public_key, topology.ROOMS, settings.posts_per_second, self._revoked.check)

    def start(self) -> Iterable[Publication]:
        """Read the stream of revoked sessions. The router takes posts once it has read the whole stream."""
        self._broker.declare(*topology.ROUTER_QUEUES)
        self._slot = self._lowest_free_slot()
        self._broker.consume(self._revoked.source())
        return [self._revoked.marker()]

    def tick(self) -> Iterable[Publication]:
        """Look every 10 seconds whether a lower slot is free.

        Raises:
            LowerSlotFree: A lower slot is free; a new connection takes it.
        """
        if steady() >= self._look_at:
            self._look_at = steady() + LOOK_EVERY
            for number in range(self._slot):
                if self._broker.hold(topology.slot(number)):
                    raise LowerSlotFree(f"slot {number} is free")
        return []

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """Reconnect, which declares the stream of a room that has been deleted."""
        raise Unconfirmed(f"no queue takes messages of exchange {exchange!r} with key {routing_key!r}")

    def health(self) -> Mapping[str, Any]:
        """Return whether the router takes posts."""
        return {"ready": self._ready}

    def close(self) -> None:
        """Do nothing: the broker frees the slot and the partitions with the connection."""

    def route(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """Return batches for the rooms and refusals for the senders of posts that break a rule."""
        accepted: list[Accepted] = []
        refusals: list[Publication] = []
        for delivery in deliveries:
            try:
                message = decode(delivery.body, Posts)
            except WireError as error:
                refusals += [dead_letter(delivery, error), *refusal(delivery, None, error)]
                continue
            verdict = self._validator.validate(message, _partition(delivery), now())
            accepted += verdict.accepted
            refusals += _refuse(delivery, verdict)
        batches = to_batches(accepted, self._instance, self._clock.stamp(now()))
        return [*(_publication(batch, after_confirms=n > 0) for n, batch in enumerate(batches)), *refusals]

    def _take_posts(self) -> None:
        for partition in range(PARTITIONS):
            queue = topology.ingress(partition).name
            self._broker.consume(Source(queue=queue, handle=self.route, priority=priority(self._slot, partition)))
        self._ready = True
        log.info("router.ready", seat=self._slot)

    def _lowest_free_slot(self) -> int:
        """Take the lowest free slot; return `PARTITIONS` when all are taken."""
        return next((number for number in range(PARTITIONS) if self._broker.hold(topology.slot(number))), PARTITIONS)


def _partition(delivery: Delivery) -> int:
    return int(delivery.queue.rpartition(".")[2])


def _publication(batch: Batch, after_confirms: bool) -> Publication:
    runs = id_ranges((run.session, post.sequence) for run in batch.runs for post in run.posts)
    log.info("batch.published", room=batch.room, server_ts=batch.server_ts, runs=runs)
    return Publication(
        exchange=topology.ROOM.name, routing_key=batch.room, body=encode(batch), after_confirms=after_confirms
    )


def _refuse(delivery: Delivery, verdict: Verdict) -> list[Publication]:
    """Log the posts that do not reach the room, and return the refusals."""
    if verdict.claims:
        for sequence in verdict.repeated:
            log.info("post.repeated", session=verdict.claims.session, user=verdict.claims.name, sequence=sequence)
    return [each for rejected in verdict.rejected for each in _refusal(delivery, verdict.claims, rejected)]


def _refusal(delivery: Delivery, claims: Claims | None, rejected: Rejected) -> list[Publication]:
    """Return the answer to the sender; if it has no inbox, return the message for dead-letters."""
    error = rejected.error
    if not topology.is_inbox(delivery.reply_to):
        return [dead_letter(delivery, error)]
    log.warning("posts.refused", reason=error.reason, error=str(error), **_log_fields(claims, rejected.sequences))
    answer = PostsRefused(sequences=rejected.sequences, reason=error.reason, text=str(error))
    return reply(delivery.reply_to, encode(answer))


def _log_fields(claims: Claims | None, sequences: tuple[int, ...]) -> dict[str, Any]:
    """Return the posts and their sender for a log line; without a valid token the sender is unknown."""
    if claims is None:
        return {"sequences": sequences}
    runs = id_ranges((claims.session, sequence) for sequence in sequences)
    return {"session": claims.session, "user": claims.name, "runs": runs}
