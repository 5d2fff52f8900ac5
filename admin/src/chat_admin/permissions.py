"""What each user of the broker may do: what its part of the work needs, and no more.

RabbitMQ asks (https://www.rabbitmq.com/docs/access-control): `configure` to declare; `write` on an exchange to
publish to it; `read` on a queue to consume. A binding needs `write` on the queue and `read` on the exchange, a
queue with a dead-letter exchange `read` on the queue and `write` on that exchange. The default exchange is called
amq.default there, and writing to it is writing to every queue: services do, clients never.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kombu.entity import Exchange, Queue

from chat_amqp import topology
from chat_wire.limits import INBOX_PATTERN

_ROOM = r"room\..*"


@dataclass(frozen=True, slots=True)
class Permissions:
    """Three regular expressions over the names of queues and exchanges."""

    configure: str
    write: str
    read: str


def _service(declares: Iterable[Queue], publishes: Iterable[Exchange]) -> Permissions:
    """A service declares what it uses, consumes from what it declares, and answers to inboxes."""
    queues = tuple(declares)
    sources = [queue.exchange.name for queue in queues if queue.exchange.name]
    names = [queue.name for queue in queues]
    targets = [_name(exchange) for exchange in (*publishes, topology.DEAD, topology.DEFAULT)]
    own = [name for name in sources if not name.startswith("amq.")] + [topology.DEAD.name]
    return Permissions(_exactly(names + own), _exactly(names + targets), _exactly(names + sources))


def _name(exchange: Exchange) -> str:
    return exchange.name or "amq.default"


def _exactly(names: Iterable[str]) -> str:
    return _any_of(re.escape(name) for name in names)


def _any_of(patterns: Iterable[str]) -> str:
    return f"^({'|'.join(sorted(set(patterns)))})$"


REGISTRY = _service(
    (*topology.REGISTRY_QUEUES, topology.DEPARTURES, *topology.ROOM_STREAMS),
    (topology.JOURNAL, topology.SNAPSHOTS, topology.SESSIONS, topology.ROOM),
)
ROUTER = _service((*topology.ROUTER_QUEUES, *topology.SLOTS), (topology.ROOM, topology.SESSIONS))
ARCHIVE = _service(topology.ARCHIVE_QUEUES, (topology.SESSIONS,))
CLIENT = Permissions(
    configure=_any_of([INBOX_PATTERN]),
    write=_exactly(exchange.name for exchange in (topology.REGISTRY, topology.INGRESS, topology.ARCHIVE)),
    read=_any_of([INBOX_PATTERN, _ROOM]),
)
_REPLAYS = (topology.REGISTRY, topology.INGRESS, topology.ARCHIVE)  # dead letters go back by where clients publish
ADMIN = Permissions(
    configure=_any_of([INBOX_PATTERN]),
    write=_exactly(exchange.name for exchange in (topology.OPERATOR, *_REPLAYS)),
    read=_any_of([INBOX_PATTERN, re.escape(topology.DEAD_LETTERS.name)]),
)

USERS = {"registry": REGISTRY, "router": ROUTER, "archive": ARCHIVE, "client": CLIENT, "admin": ADMIN}
