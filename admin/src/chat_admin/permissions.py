"""The permissions of each user of the broker: what its program needs, and no more.

RabbitMQ checks three rights (https://www.rabbitmq.com/docs/access-control): `configure` to declare, `write` on an
exchange to publish, `read` on a queue to consume. A user who binds a queue needs `write` on the queue and `read` on the
exchange. The default exchange has the name amq.default there; to write to it is to write to every queue, so services
may and clients may not.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kombu.entity import Exchange, Queue

from chat_amqp import former, topology
from chat_wire.limits import INBOX_PATTERN

NOTHING = "^$"
_ROOM = r"room\..*"
# RabbitMQ 4 allows a passive declaration to users with any right. This one does not let them create the exchange.
_IDENTITY = re.escape(topology.IDENTITY_PREFIX) + ".*"


@dataclass(frozen=True, slots=True)
class Permissions:
    """The rights of a user: regular expressions for the names of queues and exchanges.

    Attributes:
        configure: What it may declare and delete.
        write: Where it may publish, and which queues it may bind.
        read: What it may consume, and which exchanges it may bind to.
    """

    configure: str
    write: str
    read: str


def _service(consumes: Iterable[Queue], declares: Iterable[Queue], publishes: Iterable[Exchange]) -> Permissions:
    """Return the permissions of a service, which also answers clients through the default exchange.

    Each service also declares the queue of dead letters and the stream of the health reports, and publishes to both.

    Args:
        consumes: The queues that it declares and consumes.
        declares: The queues that it declares for others, who consume them.
        publishes: The exchanges that it publishes to.
    """
    consumed = [queue.name for queue in consumes]
    queues = (*consumes, *declares, topology.DEAD_LETTERS, topology.HEALTH_STREAM)
    names = [queue.name for queue in queues]
    sources = [queue.exchange.name for queue in queues if queue.exchange.name]
    targets = [_name(exchange) for exchange in (*publishes, topology.DEAD, topology.HEALTH, topology.DEFAULT)]
    own = [name for name in sources if not name.startswith("amq.")]
    read = [re.escape(name) for name in consumed + sources]
    return Permissions(_exactly(names + own), _exactly(names + targets), _any_of([*read, _IDENTITY]))


def _name(exchange: Exchange) -> str:
    return exchange.name or "amq.default"


def _exactly(names: Iterable[str]) -> str:
    return _any_of(re.escape(name) for name in names)


def _any_of(patterns: Iterable[str]) -> str:
    return f"^({'|'.join(sorted(set(patterns)))})$"


REGISTRY = _service(
    consumes=(
        *(topology.CLAIMS, topology.REQUESTS, topology.OPERATIONS, *topology.CONNECTIONS),
        *(topology.JOURNAL_STREAM, topology.SNAPSHOTS_STREAM),
        *(*former.REGISTRY_QUEUES, former.DEPARTURES),
    ),
    declares=(topology.SESSIONS_ENDED, *topology.ROOM_STREAMS),
    publishes=(topology.JOURNAL, topology.SNAPSHOTS, topology.SESSIONS, topology.ROOM),
)
ROUTER = _service(
    consumes=(*topology.POSTS_QUEUES, *former.INGRESS_QUEUES, topology.SESSIONS_ENDED),
    declares=(*topology.ROOM_STREAMS, *topology.SLOTS),
    publishes=(topology.ROOM, topology.SESSIONS),
)
ARCHIVE = _service(
    consumes=(
        *(topology.ASKED, topology.EXPORTS, *former.ARCHIVE_QUEUES, topology.WRITER_LEASE),
        *(topology.SESSIONS_ENDED, *topology.ROOM_STREAMS),
    ),
    declares=(),
    publishes=(topology.SESSIONS,),
)
ENTRANCE = Permissions(configure=NOTHING, write=_exactly([topology.ENTRANCE.name]), read=NOTHING)
# A client of 0.3.0 (former.py).
CLIENT = Permissions(
    configure=_any_of([INBOX_PATTERN]),
    write=_exactly(exchange.name for exchange in (former.REGISTRY, former.INGRESS, former.ARCHIVE)),
    read=_any_of([INBOX_PATTERN, _ROOM]),
)
# A replayed letter takes the path of its sender.
_REPLAYS = (topology.POSTS, former.REGISTRY, former.INGRESS, former.ARCHIVE)
ADMIN = Permissions(
    configure=NOTHING,
    write=_exactly(exchange.name for exchange in (topology.OPERATOR, topology.ROOM, *_REPLAYS)),  # ROOM: for imports
    read=_exactly([topology.DEAD_LETTERS.name]),
)

# It reads the health reports here, and the broker's own figures through the management API (TAGS).
MONITOR = Permissions(configure=NOTHING, write=NOTHING, read=_exactly([topology.HEALTH_STREAM.name]))

USERS = {
    "registry": REGISTRY,
    "router": ROUTER,
    "archive": ARCHIVE,
    "entrance": ENTRANCE,
    "admin": ADMIN,
    "monitor": MONITOR,
}
FORMER_CLIENT = "client"
# With this tag, a user may look at everything in the management API and change nothing
# (https://www.rabbitmq.com/docs/management#permissions).
TAGS = {"monitor": ["monitoring"]}
