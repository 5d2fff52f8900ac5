"""The language of searches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_archive.errors import ArchiveError, InvalidDate, InvalidSender
from chat_archive.query import MAX_SEARCH_WORDS, Query, parse_query

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("Hello world", Query(runs=("hello", "world"))),
        ("e-mail", Query(runs=("e", "mail"))),
        ('"good morning" ann', Query(runs=("ann",), phrases=(("good", "morning"),))),
        ('before"middle of it"after', Query(runs=("before", "after"), phrases=(("middle", "of", "it"),))),
        ('"not closed', Query(phrases=(("not", "closed"),))),
        ('"" x', Query(runs=("x",))),
        ('"from:ann"', Query(phrases=(("from", "ann"),))),
        ("from:Ann", Query(user="ann")),
        ("From:@ANN ann", Query(user="ann", runs=("ann",))),
        ("from:ann from:ANN", Query(user="ann")),
        ("https://example.org", Query(runs=("https", "example", "org"))),
        ("therefrom:ann", Query(runs=("therefrom", "ann"))),
        ("after:1970-01-02 before:1970-01-05", Query(since=2 * DAY, until=4 * DAY)),
        ("after:1970-01-02 after:1970-01-01", Query(since=2 * DAY)),
        ("before:1970-01-02 before:1970-01-03", Query(until=DAY)),
        ("after:9999-12-31", Query(since=253_402_300_800_000_000)),
        ("東京都", Query(runs=("東京都",))),
    ],
)
def test_a_typed_search_is_a_query(typed: str, query: Query) -> None:
    assert parse_query(typed) == query


@pytest.mark.parametrize("typed", ["before:", "after:yesterday", "before:2026-13-01", "after:30.11.2026", "x before:5"])
def test_a_wrong_day_is_refused_and_says_how_to_type_one(typed: str) -> None:
    with pytest.raises(InvalidDate, match="YYYY-MM-DD"):
        parse_query(typed)


@pytest.mark.parametrize("typed", ["from:", "from:@ x", "from: ann", "from:ann from:bob"])
def test_a_missing_or_second_sender_is_refused_and_says_what_to_do(typed: str) -> None:
    with pytest.raises(InvalidSender, match="from:"):
        parse_query(typed)


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(['"', "from:", "before:", "after:", "2026-11-30", " ", "a", "京"])).map("".join)
)
def test_any_text_is_a_query_or_refused(typed: str) -> None:
    try:
        query = parse_query(typed)
    except ArchiveError:
        return
    assert query != Query()
    assert len(query.words) <= MAX_SEARCH_WORDS
