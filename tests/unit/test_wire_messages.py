"""The wire contract: encoded messages are decoded, and other bytes are refused."""

import subprocess
import sys
from dataclasses import MISSING, fields
from itertools import pairwise
from typing import Any, Literal, get_args, get_origin, get_type_hints

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from chat_wire import messages
from chat_wire.codec import decode, encode, type_name
from chat_wire.errors import DecodeError, InvalidText, UnknownType
from chat_wire.messages import Batch, Claim, Exit, Notice, Post, Posts, Run, entry_ids, id_ranges
from chat_wire.text import check_text

TYPED: list[Any] = [
    cls
    for cls in vars(messages).values()
    if isinstance(cls, type) and "type" in getattr(cls, "__dataclass_fields__", {})
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def made(hint: Any) -> st.SearchStrategy[Any]:
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is tuple:
        return st.lists(made(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) is dict:
        return st.dictionaries(*map(made, get_args(hint)), max_size=3)
    if hasattr(hint, "__dataclass_fields__"):
        return st.builds(hint, **{name: made(each) for name, each in get_type_hints(hint).items()})
    if UnsetType in get_args(hint):
        return st.just(UNSET) | made(get_args(hint)[0])
    if type(None) in get_args(hint):
        return st.none() | made(get_args(hint)[0])
    return {str: TEXT, int: st.integers(0, 2**53), bool: st.booleans()}[hint]


@pytest.mark.parametrize("cls", TYPED, ids=lambda cls: cls.__name__)
def test_every_message_survives_a_round_trip(cls: Any) -> None:
    @given(made(cls))
    def round_trip(message: Any) -> None:
        assert decode(encode(message), *TYPED) == message

    round_trip()


def test_no_two_messages_have_the_same_type() -> None:
    names = [type_name(cls) for cls in TYPED]
    assert len(set(names)) == len(names)


@given(st.binary())
def test_bytes_that_are_not_a_message_are_a_decode_error_or_an_unknown_type(body: bytes) -> None:
    with pytest.raises((DecodeError, UnknownType)):
        decode(body, Claim)


def test_a_message_that_the_reader_does_not_accept_is_an_unknown_type() -> None:
    with pytest.raises(UnknownType, match="'exit' is not a message that is accepted here"):
        decode(encode(Exit(request="r", token="t")), Claim)


def test_a_claim_of_an_older_client_is_not_quiet() -> None:
    assert decode(b'{"type":"claim","request":"r","name":"bob","secret":"s"}', Claim).quiet is False
    with pytest.raises(DecodeError, match="claim"):
        decode(b'{"type":"claim","request":"r","name":"bob","secret":"s","quiet":1}', Claim)


@pytest.mark.parametrize("name", [field.name for field in fields(Claim) if field.default is MISSING])
def test_a_missing_field_or_one_of_another_type_is_a_decode_error(name: str) -> None:
    whole = {"type": "claim", "request": "r", "name": "bob", "secret": "s"}
    for broken in ({key: value for key, value in whole.items() if key != name}, {**whole, name: 1}):
        with pytest.raises(DecodeError, match="claim"):
            decode(encode(broken), Claim)


@pytest.mark.parametrize("body", [b"\xff", b'{"type":"exit","request":"\xff","token":""}', b"[]", b"1", b"{", b""])
def test_a_body_that_is_not_a_json_object_in_utf_8_is_a_decode_error(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(body, Exit)


def test_the_order_of_fields_and_white_space_do_not_matter() -> None:
    assert decode(b' { "token": "t", "request": "r", "type": "exit" } ', Claim, Exit) == Exit(request="r", token="t")


def test_many_threads_can_decode_their_first_messages_at_once() -> None:
    code = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from chat_wire.codec import decode, encode
from chat_wire.messages import Batch, Post, Run
sys.setswitchinterval(1e-6)
run = Run(session="s", user="u", author="a", posts=(Post(sequence=1, client_ts=1, text="x"),))
body = encode(Batch(room="r", router="r", server_ts=1, runs=(run,)))
begin = threading.Barrier(8)
list(ThreadPoolExecutor(8).map(lambda _: (begin.wait(), decode(body, Batch)), range(8)))
"""
    for _ in range(10):
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_half_of_a_surrogate_pair_is_a_decode_error() -> None:
    with pytest.raises(DecodeError):
        decode(rb'{"type":"claim","request":"r","name":"\ud800","secret":"s"}', Claim)


@pytest.mark.parametrize("value", ["secret", "it's", "two\nlines", "'"])
def test_an_error_repeats_no_value_of_the_message(value: str) -> None:
    for body in ({"type": "claim", "request": value, "name": 1}, {"type": value}):
        with pytest.raises(DecodeError) as caught:
            decode(b'{"type":"claim",' + orjson.dumps(body)[1:], Claim)
        assert value not in str(caught.value).removeprefix("claim: ")


def test_an_entry_lists_the_ids_of_its_posts_in_order() -> None:
    def post(sequence: int) -> Post:
        return Post(sequence=sequence, client_ts=0, text="x")

    runs = (
        Run(session="a", user="ann", author="1", posts=(post(1), post(2))),
        Run(session="b", user="bob", author="2", posts=(post(7),)),
    )
    assert entry_ids(Batch(room="lobby", router="r", server_ts=0, runs=runs)) == ["a-1", "a-2", "b-7"]
    assert entry_ids(Notice(id="n1", room="lobby", kind="joined", user="ann", at=0)) == ["n1"]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "x" * 4097, "x\n" * 200])
def test_a_text_that_is_empty_or_too_long_is_invalid(text: str) -> None:
    with pytest.raises(InvalidText, match=r"type something|split it"):
        check_text(text)


def test_two_hundred_lines_are_valid() -> None:
    check_text("x\n" * 199 + "x")


@given(st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=4096))
def test_any_other_text_is_valid(text: str) -> None:
    check_text(text)


def test_posts_keep_text_of_every_plane() -> None:
    post = Post(sequence=1, client_ts=1, text="a ñ 漢 😀 \U0010fffd \u0000")
    message = Posts(token="t", room="lobby", posts=(post,))
    assert decode(encode(message), Posts) == message


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 6))))
def test_id_ranges_cover_exactly_the_posts(posts: list[tuple[str, int]]) -> None:
    ranges = id_ranges(posts)

    assert [(session, number) for session, first, last in ranges for number in range(first, last + 1)] == posts
    assert all((one, last + 1) != (other, first) for (one, _, last), (other, first, _) in pairwise(ranges))
