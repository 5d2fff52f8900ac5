"""The file of a backup: the times that an operator types, wrong lines, and posts as batches."""

import argparse
import io
from datetime import UTC, datetime

import pytest

from chat_admin.backup import time_typed
from chat_admin.backup_file import MAX_BATCH_BYTES, MAX_LINE_BYTES, MAX_NAMED, Backup, batches_of, chunks_of
from chat_wire.log_line import to_line
from chat_wire.messages import Batch, Recorded


def post(sequence: int, session: str = "s", server_ts: int = 7, text: str = "x", room: str = "lobby") -> Recorded:
    return Recorded(
        number=sequence,
        room=room,
        offset=3,
        index=0,
        session=session,
        sequence=sequence,
        user=f"user of {session}",
        author="a",
        client_ts=5,
        server_ts=server_ts,
        text=text,
    )


def read(*lines: bytes) -> tuple[list[int], list[str], Backup]:
    """Return the lines of the posts in a file, the lines that are wrong, and the backup."""
    backup = Backup(io.BytesIO(b"".join(lines)))
    numbers = [each.number for each in backup.posts()]
    return numbers, [problem.partition(":")[0] for problem in backup.problems], backup


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("2026-11-28", datetime(2026, 11, 28, tzinfo=UTC)),
        ("2026-11-28 20:15", datetime(2026, 11, 28, 20, 15, tzinfo=UTC)),
        (" 2026-11-28T20:15:30.5 ", datetime(2026, 11, 28, 20, 15, 30, 500_000, tzinfo=UTC)),
        ("2026-11-28T20:15Z", datetime(2026, 11, 28, 20, 15, tzinfo=UTC)),
        ("2026-11-28 20:15+02:00", datetime(2026, 11, 28, 18, 15, tzinfo=UTC)),
    ],
)
def test_a_typed_time_is_a_day_or_a_day_and_a_time_in_utc(typed: str, time: datetime) -> None:
    assert time_typed(typed) == round(time.timestamp() * 1_000_000)


@pytest.mark.parametrize("typed", ["", "yesterday", "2026-13-01", "20:15", "28.11.2026"])
def test_another_text_is_no_time(typed: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="2026-11-28 20:15"):
        time_typed(typed)


def test_posts_have_the_number_of_their_line_and_empty_lines_are_passed_over() -> None:
    numbers, wrong, backup = read(to_line(post(1)), b"\n", to_line(post(2)), to_line(post(3)).rstrip())
    assert (numbers, wrong, backup.unfinished) == ([1, 3, 4], [], False)


def test_no_post_after_the_first_wrong_line_is_read_and_each_wrong_line_is_named() -> None:
    numbers, wrong, backup = read(
        to_line(post(1)),
        b'{"id":"s-2"}\n',
        to_line(post(3)),
        b"x" * (3 * MAX_LINE_BYTES) + b"\n",
        to_line(post(1, room="cellar")),
        to_line(post(3)),
        b"\xff\n",
    )

    assert numbers == [1]
    assert wrong == [f"line {number}" for number in (2, 4, 5, 6, 7)]
    assert backup.wrong == 5


def test_only_the_first_wrong_lines_are_kept() -> None:
    _, wrong, backup = read(b"x\n" * 1_000)
    assert (len(wrong), backup.wrong) == (MAX_NAMED, 1_000)


def test_a_cut_last_line_is_left_out() -> None:
    numbers, wrong, backup = read(to_line(post(1)), to_line(post(2))[:-9])
    assert (numbers, wrong, backup.wrong, backup.unfinished) == ([1], [], 0, True)


def shape(batch: Batch) -> tuple[int, list[tuple[str, list[int]]]]:
    return batch.server_ts, [(run.session, [each.sequence for each in run.posts]) for run in batch.runs]


def test_a_batch_has_the_posts_of_one_time_in_their_order() -> None:
    posts = [post(1), post(1, "t"), post(2, "t"), post(2), post(3, server_ts=8), post(4, server_ts=7)]

    batches = list(batches_of(posts))

    assert [shape(batch) for batch in batches] == [
        (7, [("s", [1]), ("t", [1, 2]), ("s", [2])]),
        (8, [("s", [3])]),
        (7, [("s", [4])]),
    ]
    first = batches[0].runs[0]
    assert (first.user, first.author, first.posts[0].client_ts, first.posts[0].text) == ("user of s", "a", 5, "x")


def test_a_batch_is_no_larger_than_one_of_a_router() -> None:
    many = [post(sequence) for sequence in range(1, 258)]
    assert [len(batch.runs[0].posts) for batch in batches_of(many)] == [256, 1]
    large = [post(sequence, text="ñ" * (MAX_BATCH_BYTES // 6)) for sequence in range(1, 5)]
    assert [len(batch.runs[0].posts) for batch in batches_of(large)] == [3, 1]


def test_a_chunk_has_at_least_one_post() -> None:
    assert [len(chunk) for chunk in chunks_of([post(1), post(2)], most=10, most_bytes=0)] == [1, 1]
