"""The metrics of the router. The service counts a round when the broker has confirmed it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prometheus_client import Counter, Histogram

from chat_wire.units import SECOND
from chat_worker.clock import steady
from chat_worker.metrics import REFUSALS, REGISTRY, SECONDS

POSTS_RECEIVED = Counter(
    "tertulia_router_posts_received_total",
    "posts that the router has handled: published, refused or dropped as repeated",
    registry=REGISTRY,
)
POSTS_PUBLISHED = Counter(
    "tertulia_router_posts_published_total", "posts in batches that the broker has confirmed", registry=REGISTRY
)
POSTS_REPEATED = Counter(
    "tertulia_router_posts_repeated_total",
    "posts that the router dropped, because it had accepted them before",
    registry=REGISTRY,
)
BATCHES = Counter("tertulia_router_batches_total", "batches that the broker has confirmed", registry=REGISTRY)
POST_TO_ROOM_SECONDS = Histogram(
    "tertulia_router_post_to_room_seconds",
    "time from the arrival of a message of posts at the router until the broker has confirmed its posts in the room",
    buckets=SECONDS,
    registry=REGISTRY,
)


@dataclass(slots=True)
class Handled:
    """The posts of a round, of which the broker has yet to confirm the publications.

    Attributes:
        received: The number of posts that arrived.
        published: The number of posts in the batches.
        batches: The number of batches.
        arrivals: The arrival of each message that had an accepted post, in microseconds of the steady clock.
    """

    received: int = 0
    published: int = 0
    batches: int = 0
    arrivals: list[int] = field(default_factory=list)


def count_handled(handled: Handled) -> None:
    """Count the posts of a round, whose publications the broker has just confirmed."""
    POSTS_RECEIVED.inc(handled.received)
    POSTS_PUBLISHED.inc(handled.published)
    BATCHES.inc(handled.batches)
    confirmed_at = steady()
    for arrived in handled.arrivals:
        POST_TO_ROOM_SECONDS.observe((confirmed_at - arrived) / SECOND)


def count_refused(reason: str, sequences: Sequence[int]) -> None:
    """Count refused posts; a message without posts counts as one."""
    REFUSALS.labels(reason).inc(len(sequences) or 1)
