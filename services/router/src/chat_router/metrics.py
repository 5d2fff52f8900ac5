"""The metrics of the router. The service counts what it publishes when the broker has confirmed it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prometheus_client import Counter, Histogram

from chat_wire.units import SECOND
from chat_worker.clock import steady
from chat_worker.metrics import REFUSALS, REGISTRY, SECONDS

POSTS_RECEIVED = Counter(
    "tertulia_router_posts_received_total", "posts in the messages that the router could read", registry=REGISTRY
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
class Published:
    """The publications of a round, which the broker has yet to confirm.

    Attributes:
        posts: The number of posts.
        batches: The number of batches.
        arrivals: The arrival of each message that had an accepted post, in microseconds of the steady clock.
    """

    posts: int = 0
    batches: int = 0
    arrivals: list[int] = field(default_factory=list)


def count_published(published: Published) -> None:
    """Count the publications of a round, which the broker has just confirmed."""
    POSTS_PUBLISHED.inc(published.posts)
    BATCHES.inc(published.batches)
    confirmed_at = steady()
    for arrived in published.arrivals:
        POST_TO_ROOM_SECONDS.observe((confirmed_at - arrived) / SECOND)


def count_refused(reason: str, sequences: Sequence[int]) -> None:
    """Count refused posts; a message without posts counts as one."""
    REFUSALS.labels(reason).inc(len(sequences) or 1)
