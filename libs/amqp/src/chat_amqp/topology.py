"""Where messages travel: every exchange, queue and stream of the system.

    client ── chat.registry ──> registry.commands (quorum) ──> registry
    operator ─ chat.operator ─> registry.commands
    broker ── amq.rabbitmq.event ──> registry.departures (quorum) ──> registry
    registry ─ chat.journal ──> registry.journal (stream) ──> every registry replica
    registry ─ chat.snapshots ─> registry.snapshots (stream) ──> a registry replica that starts
    registry ─ chat.sessions ─> sessions.ended (stream) ──> every router and archive replica
    client ── chat.ingress, key 0..15 ──> router.ingress.N (quorum, single active consumer) ──> router
    router ── chat.rooms, key = room ──> room.NAME (stream) ──> every member, and the archive's writer
    router.seat.N (exclusive): the router replica whose connection has it is the Nth, from 0 on
    client ── chat.archive ──> archive.queries (quorum, TTL 10 s) ──> archive
    archive ─ default exchange ──> archive.writer (quorum, single active consumer): the baton
    services ─ default exchange ──> inbox.RANDOM (exclusive) ──> one client
    anyone ── chat.dead ──> dead-letters (quorum) ──> an operator

Whoever uses a part declares it; declaring again what is there changes nothing. How long streams are
kept is a policy of the broker, so that an operator can change it while the system runs.
"""

import re
import secrets
from typing import Any

from kombu.entity import Exchange, Queue

from chat_wire.limits import INBOX_PATTERN, PARTITIONS, QUESTION_SECONDS

ROOMS = ("lobby",)
# A lost connection counts as a delivery since RabbitMQ 4.0, and 20 is its default: routers that restart must not turn
# healthy posts into dead letters. Poison is found in another way, see chat_worker/poison_probe.py.
DELIVERY_LIMIT = 1_000_000
_INBOX = re.compile(INBOX_PATTERN)

REGISTRY = Exchange("chat.registry", type="direct")
OPERATOR = Exchange("chat.operator", type="direct")
JOURNAL = Exchange("chat.journal", type="fanout")
SNAPSHOTS = Exchange("chat.snapshots", type="fanout")
SESSIONS = Exchange("chat.sessions", type="fanout")
INGRESS = Exchange("chat.ingress", type="direct")
ROOM = Exchange("chat.rooms", type="topic")
ARCHIVE = Exchange("chat.archive", type="direct")
DEAD = Exchange("chat.dead", type="fanout")
BROKER_EVENTS = Exchange("amq.rabbitmq.event", type="topic", passive=True)
DEFAULT = Exchange("")


def _quorum(name: str, exchange: Exchange, routing_key: str = "", **arguments: Any) -> Queue:
    settled = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD.name,
        **{f"x-{key.replace('_', '-')}": value for key, value in arguments.items()},
    }
    return Queue(name, exchange, routing_key, queue_arguments=settled)


def _stream(name: str, exchange: Exchange, routing_key: str = "") -> Queue:
    return Queue(name, exchange, routing_key, queue_arguments={"x-queue-type": "stream"})


COMMANDS = _quorum("registry.commands", REGISTRY, "registry.commands")
OPERATIONS = _quorum("registry.commands", OPERATOR, "registry.commands")
DEPARTURES = _quorum("registry.departures", BROKER_EVENTS, "queue.deleted")
JOURNAL_STREAM = _stream("registry.journal", JOURNAL)
SNAPSHOTS_STREAM = _stream("registry.snapshots", SNAPSHOTS)
SESSIONS_ENDED = _stream("sessions.ended", SESSIONS)
# Not dead-lettered when its time is over: nobody waits for the answer any more, and a question has a token in it.
QUERIES = Queue(
    "archive.queries",
    ARCHIVE,
    "archive.queries",
    queue_arguments={
        "x-queue-type": "quorum",
        "x-message-ttl": QUESTION_SECONDS * 1000,
        "x-delivery-limit": DELIVERY_LIMIT,
    },
)
WRITER_LEASE = _quorum("archive.writer", DEFAULT, single_active_consumer=True)
DEAD_LETTERS = Queue("dead-letters", DEAD, queue_arguments={"x-queue-type": "quorum"})


def ingress(partition: int) -> Queue:
    """The queue of an ingress partition, 0 to 15: its one active consumer keeps its senders in order."""
    return _quorum(f"router.ingress.{partition}", INGRESS, str(partition), single_active_consumer=True)


def room(name: str) -> Queue:
    """The stream of a room: what is said there, in the order that holds for all."""
    return _stream(f"room.{name}", ROOM, name)


def slot(number: int) -> Queue:
    """What makes a router replica the one with this number, 0 to 15: only one connection can have it."""
    name = f"router.seat.{number}"
    return Queue(name, DEFAULT, name, exclusive=True, durable=False, auto_delete=True)


def new_inbox() -> Queue:
    """A client's inbox under a new random name: exclusive, gone when the connection is."""
    name = f"inbox.{secrets.token_hex(16)}"
    return Queue(name, DEFAULT, name, exclusive=True, durable=False, auto_delete=True)


def is_inbox(name: str | None) -> bool:
    """Whether a `reply_to` names an inbox.

    Services may write to any queue, clients may not: an answer must never go to another queue because
    a client asked for it.
    """
    return name is not None and _INBOX.fullmatch(name) is not None


REGISTRY_QUEUES = (COMMANDS, OPERATIONS, JOURNAL_STREAM, SNAPSHOTS_STREAM, SESSIONS_ENDED, DEAD_LETTERS)
ROOM_STREAMS = tuple(room(name) for name in ROOMS)
INGRESS_QUEUES = tuple(ingress(partition) for partition in range(PARTITIONS))
SLOTS = tuple(slot(number) for number in range(PARTITIONS))
ROUTER_QUEUES = (*INGRESS_QUEUES, SESSIONS_ENDED, *ROOM_STREAMS, DEAD_LETTERS)
ARCHIVE_QUEUES = (QUERIES, WRITER_LEASE, SESSIONS_ENDED, *ROOM_STREAMS, DEAD_LETTERS)


def declare(channel: Any, *queues: Queue) -> None:
    """Declare queues with the exchanges they are bound to, on an open Kombu channel."""
    for queue in queues:
        queue(channel).declare()
