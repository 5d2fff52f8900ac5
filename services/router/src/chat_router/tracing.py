"""The traces of posts: each post carries its own, as a batch has posts of several senders.

The router handles the posts of one trace in a message in a span, and the span's context goes on with the posts.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from chat_amqp import traces
from chat_router.validation import Accepted, Rejected
from chat_wire.limits import MAX_POSTS
from chat_wire.messages import Posts
from chat_worker.delivery import Delivery
from chat_worker.tracing import attributes

_tracer = trace.get_tracer("chat_router")

Contexts = dict[int, str]  # of the posts of one session, by sequence


def contexts_in(message: Posts, delivery: Delivery) -> Contexts:
    """Return the valid contexts of the posts in a message; of most messages, nothing.

    Args:
        message: The posts. The context of a post goes before that of the message.
        delivery: The delivery of the message, whose header has the context of the message.
    """
    common = delivery.headers.get(traces.HEADER)
    if not (common or message.traceparents) or len(message.posts) > MAX_POSTS:
        return {}
    own = message.traceparents or {}
    wanted = ((post.sequence, own.get(post.sequence, common)) for post in message.posts)
    return {sequence: str(context) for sequence, context in wanted if traces.parent(context)}


def pass_on(accepted: Sequence[Accepted], parents: Contexts, queue: str) -> Contexts:
    """Record a span for the accepted posts of each trace, and return the contexts for their readers.

    Args:
        accepted: The accepted posts of a message.
        parents: What `contexts_in` has returned for that message.
        queue: The queue of the message.
    """
    passed: Contexts = {}
    traced = [each.post.sequence for each in accepted if each.post.sequence in parents] if parents else []
    for parent, group in groupby(traced, key=lambda sequence: parents[sequence]):
        sequences = list(group)
        with _span(parent, queue, len(sequences)) as span:
            passed |= dict.fromkeys(sequences, traces.written(span) or parent)
    return passed


def record_rejected(rejected: Rejected, parents: Contexts, queue: str) -> dict[str, Any]:
    """Record rejected posts as a failed span of each trace, and return the headers for the answer to their sender."""
    contexts = [parents[each] for each in rejected.sequences if each in parents]
    answers = []
    for parent, group in groupby(contexts):
        with _span(parent, queue, len(list(group))) as span:
            span.set_attribute("error.type", rejected.error.reason)
            span.set_status(Status(StatusCode.ERROR, str(rejected.error)))
            answers.append(traces.written(span) or parent)
    return {traces.HEADER: answers[0]} if answers else {}


def _span(parent: str, queue: str, count: int) -> Any:
    return _tracer.start_as_current_span(
        f"process {queue}",
        traces.parent(parent),
        SpanKind.CONSUMER,
        {**attributes(queue), "messaging.batch.message_count": count},
    )
