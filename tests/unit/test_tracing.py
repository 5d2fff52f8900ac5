"""The spans of the services, recorded by an OpenTelemetry SDK."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from chat_amqp import traces
from chat_archive import tracing as archive_tracing
from chat_router import tracing as router_tracing
from chat_router.errors import TooFast
from chat_router.sender import Sender
from chat_router.validation import Accepted, Rejected
from chat_wire.messages import Post, Recorded
from chat_worker import tracing as worker_tracing
from chat_worker.replies import reply

SENT = f"00-{'1' * 32}-{'2' * 16}-01"
INBOX = f"inbox.{'0' * 32}"
SENDER = Sender("s", "ana", "a")


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Let the services record their spans in memory, as with a configured SDK."""
    found = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(found))
    for module in (archive_tracing, router_tracing, worker_tracing):
        monkeypatch.setattr(module, "_tracer", provider.get_tracer("test"))
    yield found
    provider.shutdown()


def context(span: ReadableSpan) -> str:
    """Return the context of a finished span as a traceparent."""
    found = span.get_span_context()
    assert found
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


def parent(span: ReadableSpan) -> str:
    """Return the id of a span's parent."""
    assert span.parent
    return f"{span.parent.span_id:016x}"


def accepted(sequence: int) -> Accepted:
    return Accepted("lobby", SENDER, Post(sequence=sequence, client_ts=0, text="hola"))


def recorded(sequence: int) -> Recorded:
    return Recorded(
        number=1, room="lobby", offset=0, index=0, session="s", sequence=sequence, user="ana", author="a",
        client_ts=0, server_ts=0, text="hola",
    )  # fmt: skip


def test_the_router_puts_the_context_of_its_own_span_into_traced_posts(exporter: InMemorySpanExporter) -> None:
    posts = [accepted(1), accepted(2), accepted(3)]

    passed = router_tracing.pass_on(posts, {1: SENT, 2: SENT}, "router.ingress.3")

    (span,) = exporter.get_finished_spans()
    assert (span.name, parent(span)) == ("process router.ingress.3", "2" * 16)
    assert span.attributes
    assert span.attributes["messaging.batch.message_count"] == 2
    assert passed == {1: context(span), 2: context(span)}


def test_a_refusal_is_a_failed_span_and_its_context_goes_to_the_sender(exporter: InMemorySpanExporter) -> None:
    headers = router_tracing.record_rejected(Rejected((1, 2), TooFast("slow down")), {2: SENT}, "router.ingress.3")

    (span,) = exporter.get_finished_spans()
    assert headers == {"traceparent": context(span)}
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "slow down")


def test_the_archive_records_a_span_of_each_trace_from_the_begin_of_the_recording(
    exporter: InMemorySpanExporter,
) -> None:
    fields = archive_tracing.record_recorded([recorded(1), recorded(2)], {("s", 2): SENT}, began_at=5)

    (span,) = exporter.get_finished_spans()
    assert (span.name, parent(span), span.start_time) == ("process room.lobby", "2" * 16, 5)
    assert fields == {"trace_ids": ["1" * 32]}


def test_an_answer_carries_the_context_of_the_span_that_handles_the_request(exporter: InMemorySpanExporter) -> None:
    with worker_tracing.handling("archive.queries", SENT):
        (answer,) = reply(INBOX, b"{}")

    (span,) = exporter.get_finished_spans()
    assert (span.name, parent(span)) == ("process archive.queries", "2" * 16)
    assert answer.headers == {"traceparent": context(span)}


@pytest.mark.parametrize(
    "sent", [None, "", "nonsense", b"bytes", 5, SENT[:-1], SENT.replace("1", "0"), SENT + "-" + " \t" * 1_000_000 + "x"]
)
def test_a_message_without_a_valid_trace_is_handled_without_a_span(
    exporter: InMemorySpanExporter, sent: object
) -> None:
    with worker_tracing.handling("archive.queries", sent):
        (answer,) = reply(INBOX, b"{}")

    assert answer.headers == {}
    assert traces.trace_id(sent) is None
    assert not exporter.get_finished_spans()
