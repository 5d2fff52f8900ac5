"""Lines of log.txt: their format, and posts written and read back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_wire.errors import UnreadableLine
from chat_wire.log_line import from_line, lines_for, nearest_time, to_line
from chat_wire.messages import Recorded

BEFORE_ALL = -(10**30)
AFTER_ALL = 10**30


def recorded(text: str = "x", client_ts: int = 0) -> Recorded:
    return Recorded(
        number=1,
        room="lobby",
        offset=3,
        index=0,
        session="s",
        sequence=1,
        user="Alice",
        author="a",
        client_ts=nearest_time(client_ts),
        server_ts=7,
        text=text,
    )


def test_a_line_has_its_fields_in_the_documented_order_and_its_times_in_utc() -> None:
    post = recorded(client_ts=1_795_361_760_000_001, text="¿qué\ntal?")

    line = to_line(post)

    assert (
        line
        == (
            '{"server_ts":"1970-01-01T00:00:00.000007Z","client_ts":"2026-11-22T15:36:00.000001Z","room":"lobby",'
            '"user":"Alice","text":"¿qué\\ntal?","id":"s-1","author":"a","offset":3,"index":0}\n'
        ).encode()
    )


@given(text=st.text(max_size=20), client_ts=st.integers())
def test_a_post_is_one_line_and_reading_the_line_gives_the_same_post(text: str, client_ts: int) -> None:
    post = recorded(text, client_ts)

    line = to_line(post)

    assert line.count(b"\n") == 1
    assert from_line(line, 1) == post


@given(
    st.text(
        st.sampled_from('\x7f\x85\x9b\x9d\u061c\u2028\u202e\u2066\ufeff\U000e0061\U000e007fa\\"é')
        | st.characters(exclude_categories=["Cs"])
    )
)
def test_no_character_of_a_line_acts_on_a_terminal_and_reading_the_line_gives_the_same_post(text: str) -> None:
    post = recorded(text)

    line = to_line(post)

    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]", line.decode()
    )
    assert from_line(line, 1) == post


def test_a_line_of_0_3_0_is_known_as_that_of_its_post() -> None:
    post = recorded("\x9b2J")

    assert [from_line(line, 1) for line in lines_for(post)] == [post, post]
    assert lines_for(post)[1].decode().count("\x9b") == 1
    assert lines_for(recorded("é")) == (to_line(recorded("é")),)


@pytest.mark.parametrize("client_ts", [BEFORE_ALL, AFTER_ALL])
def test_a_client_time_outside_the_calendar_becomes_the_nearest_within(client_ts: int) -> None:
    post = recorded(client_ts=client_ts)

    assert from_line(to_line(post), 1) == post


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"\xff\n",
        b"[]\n",
        b'{"id":"s-1"}\n',
        to_line(recorded()).replace(b"s-1", b"s"),
        to_line(recorded()).replace(b"s-1", b"s-99999999999999999999"),
        to_line(recorded()).replace(b'Z"', b'+01:00"'),
        to_line(recorded()).replace(b'Z"', b'"'),
        to_line(recorded()).replace(b'"offset":3', b'"offset":99999999999999999999'),
        to_line(recorded()).replace(b'"x"', b'"\\ud800"'),
    ],
)
def test_a_line_that_the_archive_did_not_write_is_refused_with_its_number(line: bytes) -> None:
    with pytest.raises(UnreadableLine, match="line 7"):
        from_line(line, 7)
