"""The exchanges, queues and streams of the system.

    anybody ── chat.entrance ──> registry.requests (quorum) ──> registry
    session ── chat.members ───> registry.requests
    operator ─ chat.operator ──> registry.requests
    broker ── amq.rabbitmq.event ──> registry.connections (quorum, single active consumer) ──> registry
    registry ─ chat.journal ──> registry.journal (stream) ──> every registry replica
    registry ─ chat.snapshots ─> registry.snapshots (stream) ──> a registry replica that starts
    registry ─ chat.sessions ─> sessions.ended (stream) ──> every router and archive replica
    session ── chat.posts, key N.room.NAME ──> router.posts.N (quorum, single active consumer) ──> router
    router, registry ── chat.rooms, key = room ──> room.NAME (stream) ──> every member, and the archive's writer
    router ─ declares ─> router.seat.N (exclusive): the replica that holds the queue has slot N, 0..15
    session ── chat.questions, key room.NAME or mine ──> archive.questions (quorum) ──> archive
    operator ─ chat.operator ──> archive.questions
    archive ─ default exchange ──> archive.writer (quorum, single active consumer): the writer lease
    services ─ default exchange ──> amq.rabbitmq.reply-to.* (direct reply-to) ──> one client
    services, broker ─ chat.dead ──> dead-letters (quorum) ──> an operator
    services ─ chat.health ──> workers.health (stream) ──> `chat-admin status`

The exchange that a message comes by says who sent it: the broker lets everybody who knows the address publish to
`chat.entrance`, a session with a token to the exchanges of sessions, and an operator to `chat.operator`. The objects of
clients of 0.3.0 are in former.py.

Services declare the queues that they use (declarations.py); clients declare nothing. An argument of an existing queue
cannot change, so a declaration has only the queue's type and whether it has a single active consumer. Policies of the
broker have the rest: those of the work queues are in policies.py, the retention of streams is in
chat_admin/definitions.py.
"""

import re

from kombu.entity import Exchange, Queue

from chat_amqp.queue_types import quorum, single, stream
from chat_wire.limits import PARTITIONS

ROOMS = ("lobby",)
OPERATOR_USER = "admin"
REPLY_TO = "amq.rabbitmq.reply-to"  # https://www.rabbitmq.com/docs/direct-reply-to

ENTRANCE = Exchange("chat.entrance", type="fanout")
MEMBERS = Exchange("chat.members", type="fanout")
OPERATOR = Exchange("chat.operator", type="direct")
JOURNAL = Exchange("chat.journal", type="fanout")
SNAPSHOTS = Exchange("chat.snapshots", type="fanout")
SESSIONS = Exchange("chat.sessions", type="fanout")
POSTS = Exchange("chat.posts", type="topic")
ROOM = Exchange("chat.rooms", type="topic")
QUESTIONS = Exchange("chat.questions", type="topic")
DEAD = Exchange("chat.dead", type="fanout")
HEALTH = Exchange("chat.health", type="fanout")
BROKER_EVENTS = Exchange("amq.rabbitmq.event", type="topic", passive=True)
DEFAULT = Exchange("")
IDENTITY_PREFIX = "chat.identity."


CLAIMS = quorum("registry.requests", ENTRANCE)
REQUESTS = quorum("registry.requests", MEMBERS)
OPERATIONS = quorum("registry.requests", OPERATOR, "registry.requests")
CONNECTED = single("registry.connections", BROKER_EVENTS, "connection.created")
DISCONNECTED = single("registry.connections", BROKER_EVENTS, "connection.closed")
JOURNAL_STREAM = stream("registry.journal", JOURNAL)
SNAPSHOTS_STREAM = stream("registry.snapshots", SNAPSHOTS)
SESSIONS_ENDED = stream("sessions.ended", SESSIONS)
ASKED = quorum("archive.questions", QUESTIONS, "#")
EXPORTS = quorum("archive.questions", OPERATOR, "archive.questions")
WRITER_LEASE = single("archive.writer", DEFAULT)
DEAD_LETTERS = quorum("dead-letters", DEAD)
HEALTH_STREAM = stream("workers.health", HEALTH)


def posts(partition: int) -> Queue:
    """Return the queue of an ingress partition. Its single active consumer keeps the posts of each sender in order.

    Args:
        partition: The partition, 0 to 15.
    """
    return single(f"router.posts.{partition}", POSTS, f"{partition}.#")


def room(name: str) -> Queue:
    """Return the stream of a room. All members read its posts in the same order.

    Args:
        name: The room's name.
    """
    return stream(f"room.{name}", ROOM, name)


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


def is_reply_address(name: str | None) -> bool:
    """Return whether a `reply_to` is an address of direct reply-to.

    Services may write to every queue, and clients may not. So a service must send no answer to a queue.

    Args:
        name: The `reply_to` of a message, None if it has none.
    """
    return name is not None and name.startswith(f"{REPLY_TO}.")


def posts_key(partition: int, room: str) -> str:
    """Return the routing key at `chat.posts` for the posts of a partition to a room."""
    return f"{partition}.room.{room}"


def question_key(room: str) -> str:
    """Return the routing key at `chat.questions` for a question about a room."""
    return f"room.{room}"


_IN_ROOM = re.compile(r"(?:[0-9]+\.)?room\.(?P<name>.+)", re.DOTALL)
MINE_KEY = "mine"  # the routing key at `chat.questions` for a question about the asker's own posts


def room_in(routing_key: str) -> str | None:
    """Return the room in the routing key of posts or of a question; None if it names none.

    The broker lets a session use only the keys that its token names.
    """
    found = _IN_ROOM.fullmatch(routing_key)
    return found["name"] if found else None


CONNECTIONS = (CONNECTED, DISCONNECTED)
REGISTRY_QUEUES = (CLAIMS, REQUESTS, OPERATIONS, JOURNAL_STREAM, SNAPSHOTS_STREAM, SESSIONS_ENDED, DEAD_LETTERS)
ROOM_STREAMS = tuple(room(name) for name in ROOMS)
POSTS_QUEUES = tuple(posts(partition) for partition in range(PARTITIONS))
SLOTS = tuple(slot(number) for number in range(PARTITIONS))
ROUTER_QUEUES = (*POSTS_QUEUES, SESSIONS_ENDED, *ROOM_STREAMS, DEAD_LETTERS)
ARCHIVE_QUEUES = (ASKED, EXPORTS, WRITER_LEASE, SESSIONS_ENDED, *ROOM_STREAMS, DEAD_LETTERS)
