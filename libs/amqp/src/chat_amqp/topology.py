"""The exchanges, queues and streams of the system.

    client ── chat.registry ──> registry.commands (quorum) ──> registry
    operator ─ chat.operator ─> registry.commands
    broker ── amq.rabbitmq.event ──> registry.departures (quorum) ──> registry
    registry ─ chat.journal ──> registry.journal (stream) ──> every registry replica
    registry ─ chat.snapshots ─> registry.snapshots (stream) ──> a registry replica that starts
    registry ─ chat.sessions ─> sessions.ended (stream) ──> every router and archive replica
    client ── chat.ingress, key 0..15 ──> router.ingress.N (quorum, single active consumer) ──> router
    router, registry ── chat.rooms, key = room ──> room.NAME (stream) ──> every member, and the archive's writer
    router ─ declares ─> router.seat.N (exclusive): the replica that holds the queue has slot N, 0..15
    client ── chat.archive ──> archive.queries (quorum, TTL 10 s) ──> archive
    operator ─ chat.operator ─> archive.queries
    archive ─ default exchange ──> archive.writer (quorum, single active consumer): the writer lease
    services ─ default exchange ──> inbox.RANDOM (exclusive) ──> one client
    services, broker ─ chat.dead ──> dead-letters (quorum) ──> an operator

Each program declares the queues that it uses; to declare an existing queue changes nothing
(https://www.rabbitmq.com/docs/queues#declaration). The retention of streams is a policy of the broker, so an operator
can change it while the system runs.
"""

import re
import secrets
from typing import Any

from kombu.entity import Exchange, Queue

from chat_wire.limits import INBOX_PATTERN, PARTITIONS, QUESTION_SECONDS

ROOMS = ("lobby",)
# RabbitMQ 4 counts a lost connection as a delivery, and drops a message after 20 by default. With that, routers that
# restart would turn healthy posts into dead letters. chat_worker/poison_probe.py finds poison messages instead.
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
# Without a dead-letter exchange: an expired question has no reader, and it holds a token.
_QUERY_ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-message-ttl": QUESTION_SECONDS * 1000,
    "x-delivery-limit": DELIVERY_LIMIT,
}
QUERIES = Queue("archive.queries", ARCHIVE, "archive.queries", queue_arguments=_QUERY_ARGUMENTS)
EXPORTS = Queue("archive.queries", OPERATOR, "archive.queries", queue_arguments=_QUERY_ARGUMENTS)
WRITER_LEASE = _quorum("archive.writer", DEFAULT, single_active_consumer=True)
DEAD_LETTERS = Queue("dead-letters", DEAD, queue_arguments={"x-queue-type": "quorum"})


def ingress(partition: int) -> Queue:
    """Return the queue of an ingress partition. Its single active consumer keeps the posts of each sender in order.

    Args:
        partition: The partition, 0 to 15.
    """
    return _quorum(f"router.ingress.{partition}", INGRESS, str(partition), single_active_consumer=True)


def room(name: str) -> Queue:
    """Return the stream of a room. All members read its posts in the same order.

    Args:
        name: The room's name.
    """
    return _stream(f"room.{name}", ROOM, name)


def slot(number: int) -> Queue:
    """Return the queue whose holder has a router slot. It is exclusive: only one connection can hold it.

    Args:
        number: The slot, 0 to 15.
    """
    name = f"router.seat.{number}"
    return Queue(name, DEFAULT, name, exclusive=True, durable=False, auto_delete=True)


def new_inbox() -> Queue:
    """Return an inbox with a new random name. It is exclusive: the broker deletes it with its connection."""
    name = f"inbox.{secrets.token_hex(16)}"
    return Queue(name, DEFAULT, name, exclusive=True, durable=False, auto_delete=True)


def is_inbox(name: str | None) -> bool:
    """Return whether a `reply_to` names an inbox.

    Services may write to every queue, and clients may not. So a service must send no answer to another queue.

    Args:
        name: The `reply_to` of a message, None if it has none.
    """
    return name is not None and _INBOX.fullmatch(name) is not None


REGISTRY_QUEUES = (COMMANDS, OPERATIONS, JOURNAL_STREAM, SNAPSHOTS_STREAM, SESSIONS_ENDED, DEAD_LETTERS)
ROOM_STREAMS = tuple(room(name) for name in ROOMS)
INGRESS_QUEUES = tuple(ingress(partition) for partition in range(PARTITIONS))
SLOTS = tuple(slot(number) for number in range(PARTITIONS))
ROUTER_QUEUES = (*INGRESS_QUEUES, SESSIONS_ENDED, *ROOM_STREAMS, DEAD_LETTERS)
ARCHIVE_QUEUES = (QUERIES, EXPORTS, WRITER_LEASE, SESSIONS_ENDED, *ROOM_STREAMS, DEAD_LETTERS)


def declare(channel: Any, *queues: Queue) -> None:
    """Declare queues with their exchanges and bindings.

    Args:
        channel: An open channel of Kombu.
        *queues: The queues.

    Raises:
        amqp.exceptions.AMQPError: The broker refused; it has closed the channel.
    """
    for queue in queues:
        queue(channel).declare()
