"""The exchanges and queues of clients of 0.3.0, which declare an inbox and send a token in each message.

    client ── chat.registry ──> registry.commands (quorum) ──> registry
    operator ─ chat.operator ─> registry.commands
    broker ── amq.rabbitmq.event ──> registry.departures (quorum) ──> registry
    client ── chat.ingress, key 0..15 ──> router.ingress.N (quorum, single active consumer) ──> router
    client ── chat.archive ──> archive.queries (quorum) ──> archive
    operator ─ chat.operator ─> archive.queries
    services ─ default exchange ──> inbox.RANDOM (exclusive) ──> one client

Services serve them for one version, beside those of topology.py
(docs/decisions/0042-let-the-broker-decide-what-a-session-may-do.md).
"""

import re
import secrets

from kombu.entity import Exchange, Queue

from chat_amqp.queue_types import quorum, single
from chat_amqp.topology import BROKER_EVENTS, DEFAULT, OPERATOR
from chat_wire.limits import INBOX_PATTERN, PARTITIONS

_INBOX = re.compile(INBOX_PATTERN)

REGISTRY = Exchange("chat.registry", type="direct")
INGRESS = Exchange("chat.ingress", type="direct")
ARCHIVE = Exchange("chat.archive", type="direct")

COMMANDS = quorum("registry.commands", REGISTRY, "registry.commands")
OPERATIONS = quorum("registry.commands", OPERATOR, "registry.commands")
DEPARTURES = quorum("registry.departures", BROKER_EVENTS, "queue.deleted")
QUERIES = quorum("archive.queries", ARCHIVE, "archive.queries")
EXPORTS = quorum("archive.queries", OPERATOR, "archive.queries")


def ingress(partition: int) -> Queue:
    """Return the queue of an ingress partition. Its single active consumer keeps the posts of each sender in order.

    Args:
        partition: The partition, 0 to 15.
    """
    return single(f"router.ingress.{partition}", INGRESS, str(partition))


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


INGRESS_QUEUES = tuple(ingress(partition) for partition in range(PARTITIONS))
REGISTRY_QUEUES = (COMMANDS, OPERATIONS)
ARCHIVE_QUEUES = (QUERIES, EXPORTS)
