"""Links in texts, which lead where they seem to lead."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_client.display import safe
from chat_client.fullscreen.links import links, target
from chat_wire.limits import MAX_TEXT


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
        ("«https://a.org/x»", ["https://a.org/x"]),
        ("“https://a.org/x”…", ["https://a.org/x"]),
        ("https://a.org/x… and", ["https://a.org/x"]),
        ("https://a.org/x»y", ["https://a.org/x"]),
        ("\u2018https://a.org/x\u2019", ["https://a.org/x"]),
        ("`https://a.org/x`", ["https://a.org/x"]),
        ("见https://a.org/x。", ["https://a.org/x"]),
        ("(https://a.org/x)(https://b.org/y)", ["https://a.org/x", "https://b.org/y"]),
        ("(https://en.example.org/wiki/Rabbit_(animal))", ["https://en.example.org/wiki/Rabbit_(animal)"]),
        ("(https://en.example.org/wiki/Rabbit_(animal)), so", ["https://en.example.org/wiki/Rabbit_(animal)"]),
        ("[text](https://a.org/x)", ["https://a.org/x"]),
        ("https://a.org/x(", ["https://a.org/x"]),
        ("http://[::1]:8000/x", ["http://[::1]:8000/x"]),
        ("_https://a.org/x_", ["https://a.org/x"]),
        ("*https://a.org/x*, **https://b.org**", ["https://a.org/x", "https://b.org"]),
        ("_https://a.org/b_c_d_.", ["https://a.org/b_c_d"]),
        ("~https://a.org/~ann/~", ["https://a.org/~ann/"]),
        ("www.example.org/a", ["www.example.org/a"]),
        ("(WWW.example.org), _www.b.org_", ["WWW.example.org", "www.b.org"]),
        ("https://a.org/?to=www.b.org", ["https://a.org/?to=www.b.org"]),
    ],
)
def test_a_link_ends_before_punctuation_that_follows_it(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://a.org",
        "xhttp://a.org",
        "http://",
        "https://[",
        "http://.",
        "www.",
        "www.example",
        "www. example.org",
        "awww.example.org",
        "ftp://www.example.org",
        "ann@www.example.org",
    ],
)
def test_other_texts_are_not_links(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\u202e", "\u2066", "\ufeff", "\x1b", "\x9b", "␛", "\ufffd"])
def test_a_link_ends_before_an_invisible_or_replaced_character(hidden: str) -> None:
    assert found(f"https://good.org{hidden}evil.org") == ["https://good.org"]


def test_a_link_that_begins_with_www_opens_by_https() -> None:
    assert target("www.example.org/a") == "https://www.example.org/a"
    assert target("http://www.example.org") == "http://www.example.org"


@given(st.text() | st.lists(st.sampled_from(["https://", "www.", *"htps:/. )(]_*~»…\x1b\u202ea"])).map("".join))
def test_links_do_not_overlap_and_contain_no_control_characters(text: str) -> None:
    position = 0
    for start, end in links(text):
        assert position <= start < end <= len(text)
        assert text[start:end] == safe(text[start:end])
        assert target(text[start:end]).lower().startswith(("http://", "https://"))
        assert found(text[start:end]) == [text[start:end]]
        position = end


@pytest.mark.parametrize("run", ["www.a.b)", "http://a]", "https://a.b/(", "www."])
def test_a_message_of_many_links_does_not_delay_the_others(run: str) -> None:
    text = run * (MAX_TEXT // len(run))
    began = time.process_time()

    for _turn in range(20):  # a screen of them
        links(text)

    assert time.process_time() - began < 0.2
