"""The traces of posts: each post carries its own, as a batch has posts of several senders.

The router handles the posts of one trace in a message in a span, and the span's context goes on with the posts.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from chat_amqp import traces
from chat_router.validation import Accepted, Rejected
from chat_wire.messages import Post, Posts
from chat_worker.delivery import Delivery
from chat_worker.tracing import attributes

_tracer = trace.get_tracer("chat_router")


def contexts(message: Posts, delivery: Delivery) -> dict[int, str]:
    """Return the valid contexts of the posts in a message, by sequence; of most messages, nothing.

    Args:
        message: The posts. The context of a post goes before that of the message.
        delivery: The delivery of the message, whose header has the context of the message.
    """
    common = delivery.headers.get(traces.HEADER)
    if not common and not any(post.traceparent for post in message.posts):
        return {}
    wanted = ((post.sequence, post.traceparent or common) for post in message.posts)
    return {sequence: each for sequence, each in wanted if isinstance(each, str) and traces.parent(each)}


def pass_on(accepted: Sequence[Accepted], parents: dict[int, str], queue: str) -> list[Accepted]:
    """Return accepted posts with the context of a span of the router, and without contexts that are not valid.

    Args:
        accepted: The accepted posts of a message.
        parents: What `contexts` has returned for that message.
        queue: The queue of the message.
    """
    passed: list[Accepted] = []
    for parent, group in groupby(accepted, key=lambda each: parents.get(each.post.sequence)):
        posts = list(group)
        if parent is None:
            passed += [_without_context(each) for each in posts]
            continue
        with _span(parent, queue, len(posts)) as span:
            context = traces.written(span) or parent
        passed += [replace(each, post=replace(each.post, traceparent=context)) for each in posts]
    return passed


def record_rejected(rejected: Rejected, parents: dict[int, str], queue: str) -> dict[str, Any]:
    """Record rejected posts as a failed span of each trace, and return the headers for the answer to their sender."""
    contexts = [parents[each] for each in rejected.sequences if each in parents]
    answers = []
    for parent, group in groupby(contexts):
        with _span(parent, queue, len(list(group))) as span:
            span.set_attribute("error.type", rejected.error.reason)
            span.set_status(Status(StatusCode.ERROR, str(rejected.error)))
            answers.append(traces.written(span) or parent)
    return {traces.HEADER: answers[0]} if answers else {}


def _without_context(accepted: Accepted) -> Accepted:
    if not accepted.post.traceparent:
        return accepted
    post = accepted.post
    return replace(accepted, post=Post(sequence=post.sequence, client_ts=post.client_ts, text=post.text))


def _span(parent: str, queue: str, count: int) -> Any:
    return _tracer.start_as_current_span(
        f"process {queue}",
        traces.parent(parent),
        SpanKind.CONSUMER,
        {**attributes(queue), "messaging.batch.message_count": count},
    )
