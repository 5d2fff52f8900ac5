"""The theme that follows the terminal's background."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_client.fullscreen.background import light_in_answer, light_in_environment


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        (b"\x1b]11;rgb:0000/0000/0000\x1b\\", False),
        (b"\x1b]11;rgb:ffff/ffff/ffff\x07", True),
        (b"\x1b]11;rgb:fd/f6/e3\x1b\\", True),
        (b"\x1b]11;rgba:1e1e/1e1e/2e2e/ffff\x1b\\", False),
        (b"\x1b]11;rgb:0/0/f\x1b\\", False),
        (b"\x1b]10;rgb:ffff/ffff/ffff\x07", None),
        (b"\x1b]11;?\x1b\\", None),
        (b"\x1b[I", None),
    ],
)
def test_the_answer_of_the_terminal_says_whether_it_is_light(answer: bytes, light: bool | None) -> None:
    assert light_in_answer(answer) is light


@pytest.mark.parametrize(
    ("value", "light"),
    [
        ("15;0", False),
        ("0;15", True),
        ("0;default;15", True),
        ("12;8", False),
        ("0;7", True),
        ("", None),
        ("x;y", None),
    ],
)
def test_colorfgbg_says_whether_the_terminal_is_light(value: str, light: bool | None) -> None:
    assert light_in_environment({"COLORFGBG": value}) is light


@given(st.binary())
def test_no_bytes_are_an_error(data: bytes) -> None:
    light_in_answer(b"\x1b]11;" + data)
