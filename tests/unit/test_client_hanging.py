"""Messages at a terminal, broken into rows that nobody can take for another line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcwidth

from chat_client.display import safe
from chat_client.line.hanging import INDENT, hanging

HEAD = "[2026-11-22 15:36:00] eve: "
OTHER = "[2026-11-22 15:36:00] ann: I agree"
TEXTS = st.text(st.sampled_from("ab ,*[]:12\u00a0漢字é\u0301😀\u200c") | st.characters(), max_size=200).map(safe)


def test_a_line_that_fits_stays_as_it_is() -> None:
    assert hanging(HEAD + "x" * 53, 80) == HEAD + "x" * 53


@pytest.mark.parametrize("filling", ["x" * 53, " " * 54, "漢" * 26 + " ", "x " * 27])
@pytest.mark.parametrize("posing", [OTHER, OTHER.replace(" ", "\u00a0"), "* ann left"])
def test_the_next_row_cannot_look_like_another_line(filling: str, posing: str) -> None:
    first, *others = hanging(HEAD + filling + posing, 80).split("\n")

    assert first.startswith(HEAD.rstrip())
    assert others
    assert all(row.startswith(INDENT) for row in others)


def test_a_long_link_stays_whole() -> None:
    link = "https://example.org/" + "a" * 100

    assert hanging(f"{HEAD}see {link} there", 80) == f"{HEAD}see\n{INDENT}{link}\n{INDENT}there"


@pytest.mark.parametrize("link", ["https://example.org/" + "a" * 100 + "\u00a0" + OTHER, "x" * 100 + "https://"])
def test_a_word_that_is_no_link_is_cut(link: str) -> None:
    assert all(len(row) <= 80 for row in hanging(HEAD + link, 80).split("\n"))


@given(TEXTS, st.integers(40, 120))
def test_each_row_fits_and_together_they_say_what_the_line_says(text: str, columns: int) -> None:
    line = HEAD + text

    first, *others = hanging(line, columns).split("\n")

    if not re.search("https?://", line):
        assert all(sum(max(0, wcwidth(each)) for each in row) <= columns for row in (first, *others))
    assert all(row.startswith(INDENT) for row in others)
    said = first + "".join(row.removeprefix(INDENT) for row in others)
    assert said.replace(" ", "") == line.replace(" ", "")
