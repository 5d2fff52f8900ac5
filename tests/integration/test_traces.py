"""The trace of a message and of a command through all hops, on a real broker and without an OpenTelemetry SDK."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry import trace

from chat_amqp.publisher import Publication
from chat_client.events import Event, Joined, MessageReceived
from chat_client.session import Session
from chat_wire.codec import encode
from chat_wire.messages import Batch, Post, Posts
from testkit.former import former_member
from testkit.processes import Process, System
from testkit.wait import until


@contextmanager
def in_a_trace() -> Iterator[str]:
    """Make a span of somebody else's current, as a library user does, and yield the id of its trace."""
    ids = secrets.randbits(128) | 1, secrets.randbits(64) | 1
    context = trace.SpanContext(*ids, is_remote=False, trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED))
    with trace.use_span(trace.NonRecordingSpan(context)):
        yield trace.format_trace_id(context.trace_id)


class Person:
    """A session of the client, and what it has told."""

    def __init__(self, system: System) -> None:
        """Start to connect."""
        self.told: list[Event] = []
        self.session = Session(system.url("client"), secrets.token_hex(32), self.told.append)
        self.session.start()

    def join(self, name: str) -> None:
        """Join, and wait until that is done."""
        self.session.join(name)
        until(lambda: any(isinstance(each, Joined) for each in self.told), 20, f"{name} has joined")

    def received(self) -> dict[str, str | None]:
        """Return the trace context of each message received, by text."""
        return {each.text: each.traceparent for each in self.told if isinstance(each, MessageReceived)}


@pytest.fixture
def person(system: System) -> Iterator[Callable[[], Person]]:
    """Yield a function that starts sessions; close them in the end."""
    people: list[Person] = []

    def start() -> Person:
        people.append(Person(system))
        return people[-1]

    yield start
    for each in people:
        each.session.close()


def line_of_trace(process: Process, event: str, trace_id: str) -> list[dict[str, Any]]:
    """Wait for log lines of an event in one trace, and return them."""
    return list(until(lambda: traced(process.lines(event), trace_id), 20, f"{process.name} logs the trace"))


def traced(lines: list[dict[str, Any]], trace_id: str) -> list[dict[str, Any]]:
    """Return the log lines of one trace."""
    return [line for line in lines if line.get("trace_id") == trace_id or trace_id in line.get("trace_ids", [])]


def test_a_message_carries_the_trace_of_its_sender_to_the_archive_and_the_readers(
    system: System, person: Callable[[], Person]
) -> None:
    # given
    _, router, archive = system.all()
    ann, bob = person(), person()
    ann.join("ann")
    bob.join("bob")

    # when
    with in_a_trace() as first:
        ann.session.post("one")
    ann.session.post("two")
    with in_a_trace() as third:
        ann.session.post("three")

    # then
    until(lambda: len(ann.received()) == len(bob.received()) == 3, 20, "both have all")
    contexts = bob.received()
    assert [(contexts[text] or "")[3:35] for text in ("one", "two", "three")] == [first, "", third]
    assert ann.received() == contexts
    for trace_id, sequence in ((first, 1), (third, 3)):
        for process, event in ((router, "batch.published"), (archive, "posts.recorded")):
            (line,) = line_of_trace(process, event, trace_id)
            assert any(low <= sequence <= high for _, low, high in line["runs"])


def test_a_command_carries_its_trace_through_the_journal_and_a_question_through_the_archive(
    system: System, person: Callable[[], Person]
) -> None:
    registry, _, archive = system.all()
    ann = person()

    with in_a_trace() as claim:
        ann.join("ann")
    with in_a_trace() as search:
        ann.session.search("hola")

    (line,) = line_of_trace(registry, "session.claimed", claim)
    assert line["user"] == "ann"
    line_of_trace(archive, "question.answered", search)
    with in_a_trace() as leave:
        ann.session.exit()
    line_of_trace(registry, "session.ended", leave)


def test_the_header_of_a_message_is_the_trace_of_its_posts_and_comes_back_with_a_refusal(system: System) -> None:
    router = system.started("router")
    ann = former_member(system, "ann")
    ann.join()
    header = f"00-{'1' * 32}-{'2' * 16}-01"
    own = f"00-{'3' * 32}-{'4' * 16}-01"
    posts = (
        Post(sequence=1, client_ts=0, text="by the header"),
        Post(sequence=2, client_ts=0, text="by its own"),
        Post(sequence=3, client_ts=0, text="by nonsense"),
        Post(sequence=4, client_ts=0, text=" "),
    )

    ann.publisher.publish(
        Publication(
            exchange="chat.ingress",
            routing_key="3",
            body=encode(Posts(token=ann.token, room="lobby", posts=posts, traceparents={2: own, 3: "nonsense"})),
            reply_to=ann.inbox,
            headers={"traceparent": header},
        )
    )

    ann.hear(lambda: ann.replies and len(ann.ids()) == 3)
    runs = [run for _, entry in ann.entries if isinstance(entry, Batch) for run in entry.runs]
    assert [run.traceparents for run in runs] == [{1: header, 2: own}]
    (published,) = router.lines("batch.published")
    assert published["trace_ids"] == ["1" * 32, "3" * 32]
    (refused,) = router.lines("posts.refused")
    assert refused["trace_ids"] == ["1" * 32]
