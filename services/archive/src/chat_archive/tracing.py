"""The traces of posts, up to the moment when the archive has recorded them."""

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind

from chat_amqp import topology, traces
from chat_wire.messages import Recorded
from chat_worker.tracing import attributes, log_field

_tracer = trace.get_tracer("chat_archive")


def record_recorded(
    posts: Sequence[Recorded], contexts: Mapping[tuple[str, int], str], began_at: int
) -> dict[str, list[str]]:
    """Record a span for each trace of recorded posts, and return the field of the log line; no field without a trace.

    Args:
        posts: The posts that the archive has recorded.
        contexts: The trace contexts by session and sequence.
        began_at: When the archive began to record them, in nanoseconds since 1970-01-01 UTC.
    """
    found = dict.fromkeys(contexts.get((post.session, post.sequence), "") for post in posts) if contexts else {}
    for context in found:
        if parent := traces.parent(context):
            _record(parent, posts[0].room, began_at)
    return log_field(found)


def _record(parent: Context, room: str, began_at: int) -> None:
    stream = topology.room(room).name
    span: Any = _tracer.start_span(
        f"process {stream}", parent, SpanKind.CONSUMER, attributes(stream), start_time=began_at
    )
    span.end()
