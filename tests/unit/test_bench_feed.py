"""The entries that the benchmark publishes before a measurement."""

from bench.feed import SESSIONS, batches
from chat_wire.codec import decode
from chat_wire.messages import Batch


def test_the_sequences_of_each_session_continue_through_all_entries() -> None:
    entries = [decode(body, Batch) for body in batches(posts=SESSIONS * 6, size=3)]

    sequences: dict[str, list[int]] = {}
    for entry in entries:
        for run in entry.runs:
            sequences.setdefault(run.session, []).extend(post.sequence for post in run.posts)

    assert len(entries) == SESSIONS * 2
    assert list(sequences.values()) == [[1, 2, 3, 4, 5, 6]] * SESSIONS
