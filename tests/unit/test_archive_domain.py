"""What the archive records of a stream, and how, without a broker or a disk."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_archive.domain import (
    MOST_PER_PAGE,
    PAGE_BYTES,
    Arrived,
    cut_page,
    from_line,
    owner,
    page_size,
    parts,
    posts_of,
    resumes,
    to_line,
    unrecordable,
    user_key,
)
from chat_archive.errors import UnreadableLine
from chat_wire.codec import encode
from chat_wire.deduplicator import Deduplicator
from chat_wire.limits import MAX_TEXT
from chat_wire.messages import Batch, Notice, Position, Post, Recorded, Run

BEFORE_ALL = -(10**30)
AFTER_ALL = 10**30


def run(session: str, *sequences: int, client_ts: int = 5, text: str = "hola") -> Run:
    posts = tuple(Post(sequence=sequence, client_ts=client_ts, text=text) for sequence in sequences)
    return Run(session=session, user="Alice", author="a", posts=posts)


def batch(*runs: Run) -> Batch:
    return Batch(room="lobby", router="r1", server_ts=7, runs=runs)


def posts_in(*arrived: Arrived, number: int = 1) -> list[Recorded]:
    return posts_of("lobby", arrived, number, lambda _session, _sequence: True)


def recorded(text: str, client_ts: int = 0) -> Recorded:
    return posts_in(Arrived(3, batch(run("s", 1, client_ts=client_ts, text=text))))[0]


def test_posts_keep_the_order_of_the_stream_and_count_through_all_runs_of_an_entry() -> None:
    notice = Notice(id="n", room="lobby", kind="joined", user="Bob", at=1)
    arrived = [Arrived(4, batch(run("s", 1, 2), run("t", 1))), Arrived(5, notice), Arrived(6, batch(run("s", 3)))]

    posts = posts_in(*arrived)

    assert [(post.session, post.sequence, post.offset, post.index) for post in posts] == [
        ("s", 1, 4, 0),
        ("s", 2, 4, 1),
        ("t", 1, 4, 2),
        ("s", 3, 6, 0),
    ]


def test_posts_that_are_new_and_can_be_recorded_are_numbered_without_a_gap() -> None:
    arrived = [Arrived(0, batch(run("s", 1, 2, 2**63))), Arrived(1, batch(run("s", 2, 3)))]
    last = Deduplicator()

    posts = posts_of("lobby", arrived, 7, last.admit)

    assert [(post.number, post.sequence, post.index) for post in posts] == [(7, 1, 0), (8, 2, 1), (9, 3, 1)]
    assert unrecordable(arrived) == 1


def test_a_line_has_its_fields_in_the_order_promised_and_its_times_in_utc() -> None:
    post = posts_in(Arrived(9, batch(run("s", 2, client_ts=1_795_361_760_000_001, text="¿qué\ntal?"))))[0]

    line = to_line(post)

    assert (
        line
        == (
            '{"server_ts":"1970-01-01T00:00:00.000007Z","client_ts":"2026-11-22T15:36:00.000001Z","room":"lobby",'
            '"user":"Alice","text":"¿qué\\ntal?","id":"s-2","author":"a","offset":9,"index":0}\n'
        ).encode()
    )


@given(text=st.text(max_size=20), client_ts=st.integers())
def test_what_a_line_says_is_what_was_recorded_and_one_post_is_one_line(text: str, client_ts: int) -> None:
    post = recorded(text, client_ts)

    line = to_line(post)

    assert line.count(b"\n") == 1
    assert from_line(line, 1) == post


@pytest.mark.parametrize("client_ts", [BEFORE_ALL, AFTER_ALL])
def test_a_clients_time_outside_the_calendar_is_recorded_as_the_nearest_within(client_ts: int) -> None:
    post = recorded("x", client_ts)

    assert from_line(to_line(post), 1) == post


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"\xff\n",
        b"[]\n",
        b'{"id":"s-1"}\n',
        to_line(recorded("x")).replace(b"s-1", b"s"),
        to_line(recorded("x")).replace(b"s-1", b"s-99999999999999999999"),
        to_line(recorded("x")).replace(b'Z"', b'+01:00"'),
        to_line(recorded("x")).replace(b'Z"', b'"'),
        to_line(recorded("x")).replace(b'"offset":3', b'"offset":99999999999999999999'),
        to_line(recorded("x")).replace(b'"x"', b'"\\ud800"'),
    ],
)
def test_a_line_that_is_none_of_ours_is_refused_with_its_number(line: bytes) -> None:
    with pytest.raises(UnreadableLine, match="line 7"):
        from_line(line, 7)


@pytest.mark.parametrize(
    ("offset", "entry", "resumed"),
    [
        (4, batch(run("s", 1, 2)), True),
        (4, batch(run("t", 2)), False),
        (5, batch(run("s", 1, 2)), False),
        (4, Notice(id="n", room="lobby", kind="left", user="Bob", at=1), False),
    ],
)
def test_a_stream_resumes_only_with_the_very_entry_that_was_recorded(
    offset: int, entry: Batch | Notice, resumed: bool
) -> None:
    assert resumes(Position(offset=4, id="s-2"), Arrived(offset, entry)) is resumed


def test_two_spellings_of_a_name_have_one_key_and_a_name_outside_the_rules_is_its_own() -> None:
    assert user_key("ALICE") == user_key("alice")
    assert user_key("not a name") == "not a name"


def test_an_owner_is_an_author_under_a_name_however_it_is_typed() -> None:
    assert owner("a", "ALICE") == owner("a", "alice")
    assert len({owner("a", "alice"), owner("b", "alice"), owner("a", "bob"), owner("", "aalice")}) == 4
    assert -(2**63) <= owner("a", "alice") < 2**63


@given(sizes=st.lists(st.integers(0, 9)), most=st.integers(0, 20))
def test_parts_keep_the_order_and_are_as_large_as_may_be(sizes: list[int], most: int) -> None:
    found = list(parts(sizes, lambda size: size, most))

    assert [size for part in found for size in part] == sizes
    assert all(sum(part) <= most or len(part) == 1 for part in found)
    assert all(sum(part) + following[0] > most for part, following in pairwise(found))


def test_a_page_stops_before_it_grows_too_large_and_says_that_there_is_more() -> None:
    found = [recorded("\x01" * MAX_TEXT)] * (MOST_PER_PAGE + 1)

    page, more = cut_page(found, MOST_PER_PAGE)

    assert more
    assert page
    assert sum(len(encode(post)) for post in page) <= PAGE_BYTES


def test_a_page_has_more_only_if_one_more_was_found() -> None:
    assert cut_page([recorded("x")] * 3, 3) == ([recorded("x")] * 3, False)
    assert cut_page([recorded("x")] * 4, 3) == ([recorded("x")] * 3, True)


@pytest.mark.parametrize(("asked", "given"), [(-1, 1), (0, 1), (50, 50), (10**30, MOST_PER_PAGE)])
def test_a_page_has_between_one_and_two_hundred_posts(asked: int, given: int) -> None:
    assert page_size(asked) == given
