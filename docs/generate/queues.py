"""The page of exchanges, queues and streams, from chat_amqp.topology and the permissions of the broker's users."""

import re
from typing import Any

from kombu.entity import Exchange, Queue

from chat_admin.definitions import definitions, retention_in
from chat_admin.permissions import CLIENT, FORMER_CLIENT, USERS
from chat_amqp import former, topology
from docs.generate.markdown import code, codes, table

INTRO = """\
# Exchanges and queues

The code declares them in [topology.py](../../libs/amqp/src/chat_amqp/topology.py). Each program declares the parts that
it uses. All are in the virtual host `/`.

## Exchanges

"""
QUEUES = """
## Queues and streams

A *stream* is an append-only log that many readers read. Each other queue gives a message to one consumer, or all
messages to a single active consumer.

The services declare only the kind and the single active consumer. [Policies](#policies) set the rest: when messages
expire, how often they are delivered, where dead letters go, and how long streams keep entries. A queue that an older
version declared with more arguments works as it is; the log event [`queue.differs`](log-events.md) names it.

"""
POLICIES = """
## Policies

`chat-admin init` writes these policies, here with the default settings.
[Change the retention](../how-to/change-retention.md) shows how to change them.

"""
PURPOSES = {
    "registry.requests": "requests that claim, resume, renew, end or release a session, and questions for the members",
    "registry.connections": "the broker's events about connections that begin and end",
    "registry.commands": "the same as `registry.requests`, from clients of 0.3.0",
    "registry.departures": "the broker's events about deleted queues: a client of 0.3.0 lost its connection",
    "registry.journal": "the entries that all registry replicas apply",
    "registry.snapshots": "the state of the registry, every 10,000 entries",
    "sessions.ended": "sessions whose tokens are void",
    "router.posts.N": "posts of the sessions of partition N, 0 to 15",
    "router.ingress.N": "the same as `router.posts.N`, from clients of 0.3.0",
    "room.NAME": "the messages and notices of a room; the only room is `lobby`",
    "router.seat.N": "slot N, 0 to 15: the router replica that holds this queue has the slot",
    "archive.questions": "questions about history",
    "archive.queries": "the same as `archive.questions`, from clients of 0.3.0",
    "archive.writer": "the writer lease: the replica that holds its message writes `log.txt`",
    "dead-letters": "messages that no service could handle",
    "workers.health": "the health reports of the last minutes, of all replicas",
    "inbox.RANDOM": "the answers to one client of 0.3.0",
}


def page() -> str:
    """Return the page."""
    exchanges = table(("exchange", "kind", "users that may publish"), map(_exchange_row, _exchanges()))
    header = ("queue", "kind", "bound to", "users that may consume", "purpose", "active consumers")
    queues = table(header, (_queue_row(name, same) for name, same in _queues().items()))
    return INTRO + exchanges + QUEUES + queues + POLICIES + _policies()


def _exchanges() -> list[Exchange]:
    values = [*vars(topology).values(), *vars(former).values(), topology.identity("ID")]
    found = {value.name: value for value in values if isinstance(value, Exchange)}
    return [exchange for _, exchange in sorted(found.items())]


def _exchange_row(exchange: Exchange) -> tuple[str, ...]:
    if not exchange.name:
        return "(default)", "direct", _users("write", "amq.default")
    publishers = "the broker itself" if exchange.name.startswith("amq.") else _users("write", exchange.name)
    return code(exchange.name), exchange.type, publishers or "nobody: services recognise their broker by it"


def _queues() -> dict[str, list[Queue]]:
    """Return the queues by name; queues of a numbered family are one, and a queue with two bindings is twice there."""
    groups = (
        topology.REGISTRY_QUEUES,
        topology.CONNECTIONS,
        topology.ROUTER_QUEUES,
        topology.ARCHIVE_QUEUES,
        topology.SLOTS,
        (topology.HEALTH_STREAM,),
        former.REGISTRY_QUEUES,
        former.INGRESS_QUEUES,
        former.ARCHIVE_QUEUES,
    )
    all_queues = [*(queue for group in groups for queue in group), former.DEPARTURES, former.new_inbox()]
    found: dict[str, list[Queue]] = {}
    for queue in all_queues:
        found.setdefault(_family(queue.name), []).append(queue)
    return dict(sorted(found.items()))


def _family(name: str) -> str:
    for pattern, family in ((r"inbox\..*", "inbox.RANDOM"), (r"room\..*", "room.NAME"), (r"(.*)\.\d+", r"\1.N")):
        if re.fullmatch(pattern, name):
            return re.sub(pattern, family, name)
    return name


def _queue_row(name: str, queues: list[Queue]) -> tuple[str, ...]:
    queue = queues[0]
    arguments: dict[str, Any] = vars(queue)["queue_arguments"] or {}
    kind = arguments.get("x-queue-type", "exclusive")
    bound = sorted({_binding(each, name) for each in queues})
    consumer = "one" if "x-single-active-consumer" in arguments else ""
    return code(name), kind, ", ".join(bound), _users("read", queue.name), PURPOSES[name], consumer


def _binding(queue: Queue, family: str) -> str:
    key = {"router.ingress.N": "N", "room.NAME": "NAME"}.get(family, queue.routing_key)
    if not queue.exchange.name:
        return "(default)"
    return f"{code(queue.exchange.name)}, key {code(key)}" if key else code(queue.exchange.name)


def _users(right: str, name: str) -> str:
    granted = [
        user
        for user, permissions in {**USERS, FORMER_CLIENT: CLIENT}.items()
        if re.search(getattr(permissions, right), name)
    ]
    return ", ".join(granted)


def _policies() -> str:
    policies = definitions(dict.fromkeys(USERS, ""), retention_in({}))["policies"]
    rows = [
        (code(policy["name"]), code(policy["pattern"]), codes(f"{k}: {v}" for k, v in policy["definition"].items()))
        for policy in policies
    ]
    return table(("policy", "queues", "definition"), rows)
