"""Pages of recorded posts, and the chunks that they are cut with."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_archive.chunks import chunks_within
from chat_archive.pages import MAX_PAGE_BYTES, MAX_PAGE_POSTS, cut_page, page_limit
from chat_wire.codec import encode
from chat_wire.limits import MAX_TEXT
from chat_wire.messages import Recorded


def recorded(text: str) -> Recorded:
    return Recorded(
        number=1,
        room="lobby",
        offset=3,
        index=0,
        session="s",
        sequence=1,
        user="Alice",
        author="a",
        client_ts=0,
        server_ts=7,
        text=text,
    )


@given(sizes=st.lists(st.integers(0, 9)), limit=st.integers(0, 20))
def test_chunks_keep_the_order_and_are_as_large_as_the_limit_allows(sizes: list[int], limit: int) -> None:
    found = list(chunks_within(limit, sizes, lambda size: size))

    assert [size for chunk in found for size in chunk] == sizes
    assert all(sum(chunk) <= limit or len(chunk) == 1 for chunk in found)
    assert all(sum(chunk) + following[0] > limit for chunk, following in pairwise(found))


def test_a_page_stops_before_it_grows_too_large_and_says_that_there_is_more() -> None:
    found = [recorded("\x01" * MAX_TEXT)] * (MAX_PAGE_POSTS + 1)

    page, more = cut_page(found, MAX_PAGE_POSTS)

    assert more
    assert page
    assert sum(len(encode(post)) for post in page) <= MAX_PAGE_BYTES


def test_a_page_has_more_only_if_one_more_was_found() -> None:
    assert cut_page([recorded("x")] * 3, 3) == ([recorded("x")] * 3, False)
    assert cut_page([recorded("x")] * 4, 3) == ([recorded("x")] * 3, True)
    assert cut_page([], 3) == ([], False)


@pytest.mark.parametrize(("asked", "limit"), [(-1, 1), (0, 1), (50, 50), (10**30, MAX_PAGE_POSTS)])
def test_a_page_has_between_one_and_two_hundred_posts(asked: int, limit: int) -> None:
    assert page_limit(asked) == limit
