"""Completion by Tab."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_client import commands
from chat_client.fullscreen.completion import completion

NAMES = ("bob", "Alice", "albert", "Ñandú")


def offered(before: str, names: tuple[str, ...] = NAMES) -> list[str]:
    """Return the choices for the last word, in the order of Tab."""
    return list(completion(before, names).choices[1:])


def test_a_slash_offers_every_command_by_its_usual_name() -> None:
    assert [choice.strip() for choice in offered("/")] == [f"/{command.names[0]}" for command in commands.COMMANDS]


@pytest.mark.parametrize(
    ("before", "choices"),
    [
        ("/sea", ["/search "]),
        ("/SEA", ["/search "]),
        ("/me", ["/me "]),
        ("/mym", ["/mymsgs"]),
        ("/mymg", ["/mymgs"]),
        ("/q", ["/quit "]),
        ("/z", []),
        ("/users", []),
    ],
)
def test_a_command_with_an_argument_is_completed_with_a_space(before: str, choices: list[str]) -> None:
    assert offered(before) == choices


@pytest.mark.parametrize(
    ("before", "choices"),
    [("/bell ", ["on", "off", "mention"]), ("/bell o", ["on", "off"]), ("/BELL M", ["mention"]), ("/users b", [])],
)
def test_only_the_choices_of_a_command_complete_its_argument(before: str, choices: list[str]) -> None:
    assert offered(before) == choices


def test_a_completed_name_at_the_start_is_followed_by_a_colon() -> None:
    assert offered("al") == ["albert: ", "Alice: "]
    assert offered("ñ") == ["Ñandú: "]


@pytest.mark.parametrize(
    "before", ["hola al", "hola\nal", "/me al", "/search al", "//users al", "/nocommand al", "/ al"]
)
def test_a_completed_name_within_a_text_is_followed_by_a_space(before: str) -> None:
    assert offered(before) == ["albert ", "Alice "]


def test_names_keep_their_order() -> None:
    assert offered("a", ("albert", "ann")) == ["albert: ", "ann: "]
    assert offered("") == ["bob: ", "Alice: ", "albert: ", "Ñandú: "]


@pytest.mark.parametrize(
    ("before", "choices"),
    [
        ("@be", ["bea ", "be-be ", "Bert "]),
        ("(be", ["bea ", "be-be ", "Bert "]),
        ("hi,be", ["bea ", "be-be ", "Bert "]),
        ("hi ¿be", ["bea ", "be-be ", "Bert "]),
        ("«be", ["bea ", "be-be ", "Bert "]),
        ("*be", ["bea ", "be-be ", "Bert "]),
        ("hi @", ["Bert ", "bea ", "be-be ", "o'be "]),
        ("be-", ["be-be: "]),
        ("@be-b", ["be-be "]),
        ("o'", ["o'be: "]),
        ("x-o'b", ["o'be "]),
        ("hi,", []),
        ("hi,,", []),
    ],
)
def test_a_name_is_completed_behind_a_punctuation_mark(before: str, choices: list[str]) -> None:
    found = offered(before, ("Bert", "bea", "be-be", "o'be"))
    assert found[: len(choices)] == choices
    assert bool(found) == bool(choices)


@pytest.mark.parametrize(
    ("typed", "first"), [("be", "bea: "), ("Be", "Bert: "), ("BE", "BEN: "), ("bE", "Bert: "), ("ber", "Bert: ")]
)
def test_a_name_in_the_case_that_was_typed_comes_first(typed: str, first: str) -> None:
    assert offered(typed, ("Bert", "bea", "BEN"))[0] == first


def test_a_letter_with_an_accent_is_the_same_in_both_forms() -> None:
    assert offered("n\u0303a") == ["Ñandú: "]


def test_two_slashes_do_not_start_a_command() -> None:
    assert offered("//se") == []


@given(
    st.text() | st.sampled_from(["/", "/bell ", "a", "hola a", "/me b"]),
    st.lists(st.text(min_size=1), max_size=5) | st.just(list(NAMES)),
    st.sampled_from([1, -1]),
)
def test_tab_returns_to_the_typed_text_after_the_last_choice(before: str, names: list[str], step: int) -> None:
    typed = completion(before, names)
    turned = typed
    for number in range(len(typed.choices)):
        assert before.endswith(typed.word)
        assert turned.word == typed.choices[number * step % len(typed.choices)]
        turned = turned.turned(step)

    assert turned == typed


@given(st.text(), st.lists(st.text(min_size=1), max_size=5))
def test_each_choice_starts_with_the_typed_word_in_any_case(before: str, names: list[str]) -> None:
    typed = completion(before, names)

    for choice in typed.choices:
        assert choice.casefold().startswith(typed.word.casefold())


@pytest.mark.parametrize(
    ("before", "choices"),
    [
        ("/set jo", ["joins "]),
        ("/set BELL o", ["on", "off"]),
        ("/set bell ", ["on", "off", "mention", "default"]),
        ("/set bell off o", []),
        ("/set nothing o", []),
    ],
)
def test_set_completes_names_and_values_of_preferences(before: str, choices: list[str]) -> None:
    assert list(completion(before, ["joe", "otto"]).choices[1:]) == choices
