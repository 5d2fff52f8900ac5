"""Spans for deliveries, and the trace in log lines. Without an SDK, the spans record nothing."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from structlog.contextvars import bound_contextvars

from chat_amqp import traces

_tracer = trace.get_tracer("chat_worker")


@contextmanager
def handling(queue: str, traceparent: Any) -> Iterator[None]:
    """Handle a message in a span whose parent its sender has set; without a trace, do nothing.

    In the block, log lines have the field `trace_id`, and answers carry the context of the span.

    Args:
        queue: The queue or stream that the message came from.
        traceparent: The context that the message carries; its sender may have written anything.
    """
    parent = traceparent and traces.parent(traceparent)
    if not parent:
        yield
        return
    with (
        _tracer.start_as_current_span(f"process {queue}", parent, SpanKind.CONSUMER, attributes(queue)),
        bound_contextvars(trace_id=traces.trace_id(traceparent)),
    ):
        yield


def log_field(contexts: Iterable[Any]) -> dict[str, list[str]]:
    """Return the field of a log line about messages that carry these contexts; no field without a trace."""
    found = dict.fromkeys(each for each in contexts if each)
    ids = dict.fromkeys(known for each in found if (known := traces.trace_id(each)))
    return {"trace_ids": list(ids)} if ids else {}


def attributes(queue: str) -> dict[str, str]:
    """Return the attributes of a span that handles messages.

    Their names are those of https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/.

    Args:
        queue: The queue or stream that the messages came from.
    """
    return {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": queue,
    }
