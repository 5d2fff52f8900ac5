"""Links in texts, which lead where they seem to lead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_client.display import safe
from chat_client.fullscreen.links import links


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in links(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://example.org/a?b=c#d now", ["https://example.org/a?b=c#d"]),
        ("http://a.org, http://b.org.", ["http://a.org", "http://b.org"]),
        ("(https://example.org/x)", ["https://example.org/x"]),
        ("https://en.example.org/wiki/Rabbit_(animal)", ["https://en.example.org/wiki/Rabbit_(animal)"]),
        ("HTTPS://EXAMPLE.ORG", ["HTTPS://EXAMPLE.ORG"]),
        ('<a href="http://a.org">', ["http://a.org"]),
        ("https://ñandú.example/ruta", ["https://ñandú.example/ruta"]),
    ],
)
def test_a_link_ends_before_punctuation_that_follows_it(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "file:///etc/passwd", "ftp://a.org", "xhttp://a.org", "http://"]
)
def test_other_texts_are_not_links(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\u202e", "\u2066", "\ufeff", "\x1b", "\x9b", "␛", "\ufffd"])
def test_a_link_ends_before_an_invisible_or_replaced_character(hidden: str) -> None:
    assert found(f"https://good.org{hidden}evil.org") == ["https://good.org"]


@given(st.text() | st.text(st.sampled_from("htps:/. )(]\x1b\u202ea")))
def test_links_do_not_overlap_and_contain_no_control_characters(text: str) -> None:
    position = 0
    for start, end in links(text):
        assert position <= start < end <= len(text)
        assert text[start:end] == safe(text[start:end])
        assert text[start:end].lower().startswith(("http://", "https://"))
        position = end
