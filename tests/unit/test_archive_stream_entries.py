"""The posts that the archive records of a stream, without a broker or a disk."""

import pytest

from chat_archive.stream_entries import StreamEntry, count_unrecordable, posts_of, resumes_at
from chat_wire.deduplicator import Deduplicator
from chat_wire.log_line import from_line, to_line
from chat_wire.messages import Batch, Notice, Position, Post, Recorded, Run


def run(session: str, *sequences: int, client_ts: int = 5) -> Run:
    posts = tuple(Post(sequence=sequence, client_ts=client_ts, text="hola") for sequence in sequences)
    return Run(session=session, user="Alice", author="a", posts=posts)


def batch(*runs: Run) -> Batch:
    return Batch(room="lobby", router="r1", server_ts=7, runs=runs)


def posts_in(*entries: StreamEntry) -> list[Recorded]:
    return posts_of("lobby", entries, 1, lambda _session, _sequence: True)


def test_posts_keep_the_order_of_the_stream_and_count_through_all_runs_of_an_entry() -> None:
    notice = Notice(id="n", room="lobby", kind="joined", user="Bob", at=1)
    entries = [
        StreamEntry(4, batch(run("s", 1, 2), run("t", 1))),
        StreamEntry(5, notice),
        StreamEntry(6, batch(run("s", 3))),
    ]

    posts = posts_in(*entries)

    assert [(post.session, post.sequence, post.offset, post.index) for post in posts] == [
        ("s", 1, 4, 0),
        ("s", 2, 4, 1),
        ("t", 1, 4, 2),
        ("s", 3, 6, 0),
    ]


def test_new_recordable_posts_are_numbered_without_a_gap() -> None:
    entries = [StreamEntry(0, batch(run("s", 1, 2, 2**63))), StreamEntry(1, batch(run("s", 2, 3)))]
    last = Deduplicator()

    posts = posts_of("lobby", entries, 7, last.admit)

    assert [(post.number, post.sequence, post.index) for post in posts] == [(7, 1, 0), (8, 2, 1), (9, 3, 1)]
    assert count_unrecordable(entries) == 1


@pytest.mark.parametrize("client_ts", [-(10**30), 10**30])
def test_a_client_time_outside_the_calendar_is_recorded_so_that_a_line_can_hold_it(client_ts: int) -> None:
    (post,) = posts_in(StreamEntry(3, batch(run("s", 1, client_ts=client_ts))))

    assert from_line(to_line(post), 1) == post


@pytest.mark.parametrize(
    ("offset", "message", "resumed"),
    [
        (4, batch(run("s", 1, 2)), True),
        (4, batch(run("t", 2)), False),
        (5, batch(run("s", 1, 2)), False),
        (4, Notice(id="n", room="lobby", kind="left", user="Bob", at=1), False),
    ],
)
def test_a_stream_resumes_only_with_the_very_entry_that_was_recorded(
    offset: int, message: Batch | Notice, resumed: bool
) -> None:
    assert resumes_at(Position(offset=4, id="s-2"), StreamEntry(offset, message)) is resumed
