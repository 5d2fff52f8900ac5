"""Names, tokens and sequences: the rules that clients and services share."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from chat_amqp.former import is_inbox, new_inbox
from chat_amqp.topology import posts_key, question_key, room_in
from chat_tokens.tokens import Claims, mint, verify
from chat_wire.deduplicator import Deduplicator
from chat_wire.errors import InvalidName, InvalidToken
from chat_wire.names import name_key

CLAIMS = Claims(session="s", name="Bob", author="a", partition=7, expires=2_000_000_000_000_000)
# Another process minted it; the private key is lost.
THEIR_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAG32+7u35dloYry2bDk689/42AH1IcuaOYD0zMSGli4Q=
-----END PUBLIC KEY-----
"""
THEIR_TOKEN = (
    "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzaWQiOiJzIiwibmFtZSI6IkJvYiIsImF1dGhvciI6ImEiLCJwYXJ0aXRpb24"
    "iOjcsImV4cCI6MjAwMDAwMDAwMH0.npHgL9qZLq818Qp7ZX3hRwARJ6xzDjP1UGX3bV4dnf5v9XPOvjkgUfvHPRh-3ulIAc5c6Q2"
    "Ie3awjXaylJbXBQ"
)


@pytest.mark.parametrize(("one", "other"), [("Bob", "bob"), ("ÑANDÚ", "ñandú"), ("\uff21nn", "ann"), ("é", "e\u0301")])
def test_names_that_differ_in_case_width_or_composition_are_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize("name", ["", "a b", "a" * 33, "a\x1b[2J", "a\u202eb", "a\nb", "\u200b", "😀"])
def test_an_error_about_a_name_says_what_to_do(name: str) -> None:
    with pytest.raises(InvalidName, match=r"use letters|shorten it|type 1 to 32"):
        name_key(name)


@given(st.text(max_size=40))
def test_a_name_is_either_valid_or_invalid_and_a_key_is_its_own_key(name: str) -> None:
    try:
        key = name_key(name)
    except InvalidName:
        return
    assert name_key(key) == key


def key_pair() -> tuple[str, str]:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), public.decode()


def test_a_token_has_the_claims_that_it_was_minted_with_until_it_expires() -> None:
    private, public = key_pair()
    token = mint(CLAIMS, private)
    assert verify(token, public, CLAIMS.expires - 1) == CLAIMS
    with pytest.raises(InvalidToken, match="join again"):
        verify(token, public, CLAIMS.expires)


def test_a_token_of_another_key_or_with_one_altered_character_is_invalid() -> None:
    private, public = key_pair()
    forged = mint(CLAIMS, key_pair()[0])
    token = mint(CLAIMS, private)
    middle = len(token) // 2
    altered = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for bad in (forged, altered, "", "a.b.c", token.rpartition(".")[0] + "."):
        with pytest.raises(InvalidToken):
            verify(bad, public, 0)


def test_a_token_is_verified_against_the_given_key_each_time() -> None:
    for _ in range(2):
        assert verify(THEIR_TOKEN, THEIR_KEY, 0) == CLAIMS
        with pytest.raises(InvalidToken):
            verify(THEIR_TOKEN, key_pair()[1], 0)


def test_remembered_claims_equal_the_claims_that_other_processes_read() -> None:
    private, public = key_pair()
    token = mint(replace(CLAIMS, expires=CLAIMS.expires + 1), private)

    remembered = verify(token, public, 0)
    read = verify(token, public.strip(), 0)  # another text of the same key, under which nothing is remembered

    assert remembered == read == CLAIMS


@pytest.mark.parametrize("use", [mint, verify])
def test_a_key_of_another_kind_is_not_reported_as_an_invalid_token(use: Any) -> None:
    other = X25519PrivateKey.generate()
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    with pytest.raises(TypeError, match="Ed25519"):
        use(*((CLAIMS, private) if use is mint else (THEIR_TOKEN, public, 0)))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 20))))
def test_only_rising_sequences_of_each_session_are_admitted(arrivals: list[tuple[str, int]]) -> None:
    sequences = Deduplicator()
    admitted = [each for each in arrivals if sequences.admit(*each)]
    for session in "abc":
        of_session = [sequence for name, sequence in admitted if name == session]
        assert of_session == sorted(set(of_session))
        assert sequences.last(session) == max((n for s, n in arrivals if s == session), default=0)


def test_only_the_name_of_an_inbox_is_an_inbox() -> None:
    assert is_inbox(new_inbox().name)
    for name in (None, "", "inbox.", "registry.commands", "inbox.XYZ", new_inbox().name + "\n", "room.lobby"):
        assert not is_inbox(name)


@pytest.mark.parametrize(
    ("key", "room"),
    [
        (posts_key(3, "lobby"), "lobby"),
        (question_key("lobby"), "lobby"),
        (question_key("a.room.lobby"), "a.room.lobby"),
        ("xroom.lobby", None),
        ("3.4.room.lobby", None),
        ("room.", None),
        ("mine", None),
        ("", None),
    ],
)
def test_a_routing_key_names_the_room_that_the_broker_has_checked(key: str, room: str | None) -> None:
    assert room_in(key) == room
