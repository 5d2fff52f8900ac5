"""Traces: the context of a span in the form of W3C Trace Context, as messages and headers carry it.

The OpenTelemetry API records nothing until the process configures an SDK. A context that the sender of a message has
set passes through all the same (docs/decisions/0041-carry-the-trace-of-a-message.md).
"""

from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

HEADER = "traceparent"  # https://www.w3.org/TR/trace-context/#traceparent-header
# Version 00 has 55 characters, and a later version may have more.
MAX_LENGTH = 256
_NOTHING = Context()
_propagator = TraceContextTextMapPropagator()


def current() -> str | None:
    """Return the context of the current span as a traceparent, or None if there is no span."""
    return written(trace.get_current_span())


def headers() -> dict[str, Any]:
    """Return the AMQP headers that carry the context of the current span; none if there is no span."""
    traceparent = current()
    return {HEADER: traceparent} if traceparent else {}


def written(span: trace.Span) -> str | None:
    """Return the context of a span as a traceparent, or None if the span has none."""
    context = span.get_span_context()
    if not context.is_valid:
        return None
    ids = trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
    return f"00-{ids[0]}-{ids[1]}-{context.trace_flags & 0xFF:02x}"


def parent(traceparent: Any) -> Context | None:
    """Return the context to start a span in, or None if this is not a traceparent.

    Args:
        traceparent: A value that somebody else wrote: it may be anything.
    """
    if not isinstance(traceparent, str) or len(traceparent) > MAX_LENGTH:
        return None
    context = _propagator.extract({HEADER: traceparent}, context=_NOTHING)
    return context if trace.get_current_span(context).get_span_context().is_valid else None


def trace_id(traceparent: Any) -> str | None:
    """Return the id of the trace, 32 hex digits, or None if this is not a traceparent."""
    context = parent(traceparent)
    return trace.format_trace_id(trace.get_current_span(context).get_span_context().trace_id) if context else None
