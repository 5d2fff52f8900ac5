"""The metrics of the archive. The histograms are filled where the time passes, the gauges from the health report."""

from collections.abc import Mapping
from math import nan
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from chat_worker.metrics import REGISTRY, SECONDS

WRITING = Gauge(
    "tertulia_archive_writing",
    "1 if the replica records the rooms and no failure keeps it from it, else 0",
    registry=REGISTRY,
)
STALLED = Gauge(
    "tertulia_archive_stalled",
    "1 if the replica cannot record, or its `log.txt` cannot follow PostgreSQL, else 0",
    registry=REGISTRY,
)
BEHIND_SECONDS = Gauge(
    "tertulia_archive_behind_seconds",
    "age of the oldest post that waits, or of one that was recorded late a moment ago",
    registry=REGISTRY,
)
BEHIND_POSTS = Gauge("tertulia_archive_behind_posts", "posts that have arrived and are not recorded", registry=REGISTRY)
POSTS_RECORDED = Counter("tertulia_archive_posts_recorded_total", "posts that the replica recorded", registry=REGISTRY)
LOG_WRITE_SECONDS = Histogram(
    "tertulia_archive_log_write_seconds",
    "time to write the lines of a chunk to `log.txt`",
    buckets=SECONDS,
    registry=REGISTRY,
)
LOG_SYNC_SECONDS = Histogram(
    "tertulia_archive_log_sync_seconds", "time to sync `log.txt` to the disk", buckets=SECONDS, registry=REGISTRY
)
INDEX_SECONDS = Histogram(
    "tertulia_archive_index_seconds",
    "time to commit the posts of a chunk to the index",
    buckets=SECONDS,
    registry=REGISTRY,
)
QUESTION_SECONDS = Histogram(
    "tertulia_archive_question_seconds",
    "time to look up the answer to a question, by `type`",
    ("kind",),
    buckets=SECONDS,
    registry=REGISTRY,
)
LOG_BYTES = Gauge("tertulia_archive_log_bytes", "size of `log.txt`; NaN without one", registry=REGISTRY)
FREE_BYTES = Gauge("tertulia_archive_free_bytes", "free bytes on the disk of `log.txt`", registry=REGISTRY)

# A series exists from the start, so that the first question counts as an increase.
for kind in ("history", "mine", "search", "export"):
    QUESTION_SECONDS.labels(kind)


def show(health: Mapping[str, Any], problem: str | None) -> None:
    """Set the gauges.

    Args:
        health: The health report.
        problem: Why the replica cannot record; None if it can, or has nothing to record.
    """
    rooms = health["rooms"].values()
    WRITING.set(health["writing"] and problem is None)
    STALLED.set(problem is not None)
    BEHIND_SECONDS.set(max((room["behind_seconds"] for room in rooms), default=0))
    BEHIND_POSTS.set(sum(room["behind_posts"] for room in rooms))
    LOG_BYTES.set(_or_nan(health["log_bytes"]))
    FREE_BYTES.set(_or_nan(health["free_bytes"]))


def show_nothing_written() -> None:
    """Set the gauges of the writer of a replica that has no connection: another one gets the writer lease."""
    for gauge in (WRITING, BEHIND_SECONDS, BEHIND_POSTS):
        gauge.set(0)


def _or_nan(size: int | None) -> float:
    return nan if size is None else size
