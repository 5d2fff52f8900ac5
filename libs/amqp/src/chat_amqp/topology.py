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
    client ── chat.archive ──> archive.queries (quorum) ──> archive
    operator ─ chat.operator ─> archive.queries
    archive ─ default exchange ──> archive.writer (quorum, single active consumer): the writer lease
    services ─ default exchange ──> inbox.RANDOM (exclusive) ──> one client
    services, broker ─ chat.dead ──> dead-letters (quorum) ──> an operator
    services ─ chat.health ──> workers.health (stream) ──> `chat-admin status`

Each program declares the queues that it uses (declarations.py). An argument of an existing queue cannot change, so a
declaration has only the queue's type and whether it has a single active consumer. Policies of the broker have the rest:
those of the work queues are in policies.py, the retention of streams is in chat_admin/definitions.py.
"""

import re
import secrets

from kombu.entity import Exchange, Queue

from chat_wire.limits import INBOX_PATTERN, PARTITIONS

ROOMS = ("lobby",)
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
HEALTH = Exchange("chat.health", type="fanout")
BROKER_EVENTS = Exchange("amq.rabbitmq.event", type="topic", passive=True)
DEFAULT = Exchange("")
IDENTITY_PREFIX = "chat.identity."


def _quorum(name: str, exchange: Exchange, routing_key: str = "") -> Queue:
    return Queue(name, exchange, routing_key, queue_arguments={"x-queue-type": "quorum"})


def _single(name: str, exchange: Exchange, routing_key: str = "") -> Queue:
    arguments = {"x-queue-type": "quorum", "x-single-active-consumer": True}
    return Queue(name, exchange, routing_key, queue_arguments=arguments)


def _stream(name: str, exchange: Exchange, routing_key: str = "") -> Queue:
    return Queue(name, exchange, routing_key, queue_arguments={"x-queue-type": "stream"})


COMMANDS = _quorum("registry.commands", REGISTRY, "registry.commands")
OPERATIONS = _quorum("registry.commands", OPERATOR, "registry.commands")
DEPARTURES = _quorum("registry.departures", BROKER_EVENTS, "queue.deleted")
JOURNAL_STREAM = _stream("registry.journal", JOURNAL)
SNAPSHOTS_STREAM = _stream("registry.snapshots", SNAPSHOTS)
SESSIONS_ENDED = _stream("sessions.ended", SESSIONS)
QUERIES = _quorum("archive.queries", ARCHIVE, "archive.queries")
EXPORTS = _quorum("archive.queries", OPERATOR, "archive.queries")
WRITER_LEASE = _single("archive.writer", DEFAULT)
DEAD_LETTERS = _quorum("dead-letters", DEAD)
HEALTH_STREAM = _stream("workers.health", HEALTH)


def ingress(partition: int) -> Queue:
    """Return the queue of an ingress partition. Its single active consumer keeps the posts of each sender in order.

    Args:
        partition: The partition, 0 to 15.
    """
    return _single(f"router.ingress.{partition}", INGRESS, str(partition))


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


def identity(broker_id: str) -> Exchange:
    """Return the exchange by which services recognise their broker. Nobody publishes to it.

    broker/prepare.sh declares it, and services declare it passively: they must not create it on another broker.

    Args:
        broker_id: The id of the broker, 16 hex digits.
    """
    return Exchange(f"{IDENTITY_PREFIX}{broker_id}", type="fanout", passive=True)


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
