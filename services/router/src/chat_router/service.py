"""The router's service: posts come in from 16 partitions, batches go out to the rooms' streams."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from chat_amqp import former, topology
from chat_amqp.errors import Unconfirmed
from chat_amqp.publisher import Publication
from chat_router import former as former_posts
from chat_router import metrics
from chat_router.batches import ServerClock, to_batches
from chat_router.errors import LowerSlotFree
from chat_router.origin import room_of, sender_of
from chat_router.partitions import priority
from chat_router.sender import Sender
from chat_router.settings import RouterSettings
from chat_router.tracing import Contexts, contexts_in, pass_on, record_rejected
from chat_router.validation import Accepted, Rejected, Validator, Verdict, rejected_whole
from chat_wire.codec import decode, encode
from chat_wire.errors import WireError
from chat_wire.limits import PARTITIONS
from chat_wire.messages import Batch, Posts, PostsRefused, id_ranges
from chat_wire.units import SECOND
from chat_worker.answers import is_address
from chat_worker.broker import Broker
from chat_worker.clock import now, steady
from chat_worker.dead import dead_letter
from chat_worker.delivery import Delivery, Source
from chat_worker.replies import refusal, reply
from chat_worker.revoked import RevokedSessions
from chat_worker.tracing import log_field

log = structlog.get_logger()

RETRY_LOWER_SLOTS_EVERY = 10 * SECOND

Origin = tuple[Sender, str]  # the sender of posts, and their room


class RouterService:
    """A router replica on one connection: the active consumer of a share of the partitions.

    Any number of replicas may run. A new connection begins with a new validator, which knows no posts: the broker
    delivers again the posts that the router had not acknowledged, and the router has to publish them again, because
    the broker may not have confirmed their batches. Readers drop the posts that they have.
    """

    def __init__(self, settings: RouterSettings, clock: ServerClock, broker: Broker) -> None:
        """Make the service of a new connection.

        Args:
            settings: The router's own settings.
            clock: Stamps batches; it outlives the connection.
            broker: The connection.
        """
        self._instance = settings.instance
        self._public_key = settings.public_key
        self._clock = clock
        self._broker = broker
        self._ready = False
        self._slot = PARTITIONS
        self._retry_at = steady() + RETRY_LOWER_SLOTS_EVERY
        self._handled = metrics.Handled()
        self._revoked = RevokedSessions(f"{settings.instance}-{secrets.token_hex(8)}", on_ready=self._take_posts)
        self._validator = Validator(topology.ROOMS, settings.posts_per_second, self._revoked.check)

    def start(self) -> Iterable[Publication]:
        """Read the stream of revoked sessions. The router takes posts once it has read the whole stream."""
        self._broker.declare(*topology.ROUTER_QUEUES, *former.INGRESS_QUEUES)
        self._slot = self._lowest_free_slot()
        self._broker.consume(self._revoked.source())
        return [self._revoked.marker()]

    def tick(self) -> Iterable[Publication]:
        """Try every 10 s to take a lower slot.

        Only a new connection can use it (docs/decisions/0014-share-partitions-by-router-slots.md).

        Raises:
            LowerSlotFree: A lower slot was free. Closing the connection frees it again, for the new connection.
        """
        if steady() >= self._retry_at:
            self._retry_at = steady() + RETRY_LOWER_SLOTS_EVERY
            for number in range(self._slot):
                if self._broker.hold(topology.slot(number)):
                    raise LowerSlotFree(f"slot {number} is free")
        return []

    def returned(self, exchange: str, routing_key: str) -> Iterable[Publication]:
        """React to a queue that somebody deleted, such as the stream of a room.

        Raises:
            Unconfirmed: Always: the runtime reconnects, and the next service declares the queue again.
        """
        raise Unconfirmed(f"no queue takes messages of exchange {exchange!r} with key {routing_key!r}")

    def health(self) -> Mapping[str, Any]:
        """Return whether the router takes posts, and if not, the reason.

        A standby is ready (docs/decisions/0038-call-a-replica-ready-only-while-it-works.md).
        """
        reason = self._problem()
        return {"ready": not reason, **({"reason": reason} if reason else {})}

    def close(self) -> None:
        """Do nothing: the broker frees the slot and the partitions with the connection."""

    def route(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """Return batches for the rooms and refusals for the senders of posts that break a rule."""
        return self._route(deliveries, self._origin)

    def route_former(self, deliveries: Sequence[Delivery]) -> list[Publication]:
        """Do what `route` does for posts of clients of 0.3.0."""
        return self._route(deliveries, self._former_origin)

    def _route(self, deliveries: Sequence[Delivery], origin: Callable[[Posts, Delivery], Origin]) -> list[Publication]:
        accepted: list[Accepted] = []
        contexts: dict[str, Contexts] = {}
        refusals = [each for delivery in deliveries for each in self._check(delivery, origin, accepted, contexts)]
        batches = to_batches(accepted, self._instance, self._clock.stamp(now()), contexts)
        self._handled.published += len(accepted)
        self._handled.batches += len(batches)
        return [*(_publication(batch, after_confirms=n > 0) for n, batch in enumerate(batches)), *refusals]

    def _check(
        self,
        delivery: Delivery,
        origin: Callable[[Posts, Delivery], Origin],
        accepted: list[Accepted],
        contexts: dict[str, Contexts],
    ) -> Iterable[Publication]:
        """Add the accepted posts of a delivery and their contexts to the others, and return refusals of the rest."""
        try:
            message = decode(delivery.body, Posts)
        except WireError as error:
            return [dead_letter(delivery, error), *refusal(delivery, None, error)]
        self._handled.received += len(message.posts)
        traced = contexts_in(message, delivery)
        try:
            sender, room = origin(message, delivery)
        except WireError as error:
            return _reject(delivery, None, rejected_whole(message, error), traced)
        verdict = self._validator.validate(message, sender, room, now())
        if verdict.accepted:
            self._handled.arrivals.append(delivery.arrived)
        _note_repeated(verdict, sender, traced)
        accepted += verdict.accepted
        if traced:
            contexts.setdefault(sender.session, {}).update(pass_on(verdict.accepted, traced, delivery.queue))
        return [each for rejected in verdict.rejected for each in _reject(delivery, sender, rejected, traced)]

    def _origin(self, message: Posts, delivery: Delivery) -> Origin:
        return sender_of(message, delivery, self._public_key), room_of(delivery)

    def _former_origin(self, message: Posts, delivery: Delivery) -> Origin:
        return former_posts.sender_of(message, delivery, self._public_key, now()), message.room

    def _take_posts(self) -> None:
        for partition in range(PARTITIONS):
            source = partial(Source, priority=priority(self._slot, partition), on_confirmed=self._count_handled)
            self._broker.consume(source(queue=topology.posts(partition).name, handle=self.route))
            self._broker.consume(source(queue=former.ingress(partition).name, handle=self.route_former))
        self._ready = True
        log.info("router.ready", seat=self._slot)

    def _count_handled(self) -> None:
        metrics.count_handled(self._handled)
        self._handled = metrics.Handled()

    def _problem(self) -> str | None:
        """Return why the router takes no posts; None if the broker may give it any partition."""
        if not self._ready:
            return "the router reads which sessions have ended, and takes no posts before it knows all of them"
        if self._slot == PARTITIONS:
            return f"no partition is left: {PARTITIONS} other routers share all of them; run {PARTITIONS} at most"
        return None

    def _lowest_free_slot(self) -> int:
        """Take the lowest free slot; return `PARTITIONS` when all are taken."""
        return next((number for number in range(PARTITIONS) if self._broker.hold(topology.slot(number))), PARTITIONS)


def _publication(batch: Batch, after_confirms: bool) -> Publication:
    runs = id_ranges((run.session, post.sequence) for run in batch.runs for post in run.posts)
    traced = log_field(context for run in batch.runs if run.traceparents for context in run.traceparents.values())
    log.info("batch.published", room=batch.room, server_ts=batch.server_ts, runs=runs, **traced)
    return Publication(
        exchange=topology.ROOM.name, routing_key=batch.room, body=encode(batch), after_confirms=after_confirms
    )


def _note_repeated(verdict: Verdict, sender: Sender, traced: Contexts) -> None:
    metrics.POSTS_REPEATED.inc(len(verdict.repeated))
    for sequence in verdict.repeated:
        fields = log_field([traced.get(sequence)])
        log.info("post.repeated", session=sender.session, user=sender.name, sequence=sequence, **fields)


def _reject(delivery: Delivery, sender: Sender | None, rejected: Rejected, traced: Contexts) -> list[Publication]:
    """Log rejected posts and return the answer to their sender, or a dead letter if the sender names no address."""
    error = rejected.error
    metrics.count_refused(error.reason, rejected.sequences)
    if not is_address(delivery.reply_to):
        return [dead_letter(delivery, error)]
    fields = _log_fields(sender, rejected.sequences) | log_field(map(traced.get, rejected.sequences))
    log.warning("posts.refused", reason=error.reason, error=str(error), **fields)
    answer = PostsRefused(sequences=rejected.sequences, reason=error.reason, text=str(error))
    return reply(delivery.reply_to, encode(answer), record_rejected(rejected, traced, delivery.queue))


def _log_fields(sender: Sender | None, sequences: tuple[int, ...]) -> dict[str, Any]:
    """Return the posts and their sender for a log line; the sender is None if nobody vouches for one."""
    if sender is None:
        return {"sequences": sequences}
    runs = id_ranges((sender.session, sequence) for sequence in sequences)
    return {"session": sender.session, "user": sender.name, "runs": runs}
