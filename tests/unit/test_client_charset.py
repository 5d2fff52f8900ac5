"""Plain characters in the place of those that a locale lacks."""

import pytest
from rich.cells import cell_len

from chat_client.charset import SIMILAR, similar


@pytest.mark.parametrize(
    ("text", "right"),
    [("╭─╮│╰╯", "+-+|++"), ("● connected …", "* connected ."), ("čšž Ł", "csz ?"), ("你好", "????"), ("e\u0301", "e")],
)
def test_similar_characters_replace_those_that_are_missing(text: str, right: str) -> None:
    assert similar(text) == right


def test_a_similar_character_is_ascii_and_as_wide() -> None:
    for char in [*SIMILAR, *map(chr, range(0xA0, 0x250)), *map(chr, range(0x4E00, 0x4F00))]:
        assert similar(char).isascii()
        assert cell_len(similar(char)) == cell_len(char), f"{char!r}"
