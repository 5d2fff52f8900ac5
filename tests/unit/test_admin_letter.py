"""How a dead letter is told from others, and what of it reaches the operator's terminal."""

from datetime import datetime
from typing import Any

import pytest

from chat_admin.letter import Letter, line, lines, safe

JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
REFUSED: dict[str, Any] = {
    "reason": "undecodable",
    "text": "not JSON",
    "source": "router.ingress.3",
    "at": 1_795_370_400_000_000,
}
DIED: dict[str, Any] = {
    "x-death": [{"queue": "router.ingress.4", "reason": "delivery_limit", "time": datetime(2026, 11, 22, 18, 0, 1)}]
}


def letter(body: bytes = b"{}", reply_to: str | None = None, **headers: Any) -> Letter:
    return Letter(body=body, reply_to=reply_to, headers=headers or REFUSED)


def test_a_line_says_which_when_where_why_and_how_it_begins() -> None:
    one = letter(b"garbage")
    assert line(one) == f"{one.id}  2026-11-22 18:00:00  router.ingress.3  undecodable  7 bytes  garbage"


def test_what_the_broker_says_goes_before_what_a_sender_may_have_written() -> None:
    forged = letter(**(DIED | {"source": "registry.commands", "reason": "none", "at": 1}))
    assert (forged.source, forged.reason, forged.time) == ("router.ingress.4", "delivery_limit", "2026-11-22 18:00:01")


@pytest.mark.parametrize("headers", [{"x-death": "yes"}, {"x-death": []}, {"x-death": [1]}, {"at": 2**62}, {"at": "x"}])
def test_a_letter_that_nobody_describes_is_listed_too(headers: dict[str, Any]) -> None:
    one = letter(**headers)
    assert line(one) == f"{one.id}  -  -  -  2 bytes  {{}}"


def test_an_id_stays_when_a_letter_is_handed_out_again() -> None:
    assert letter(**DIED).id == letter(**(DIED | {"x-delivery-count": 3, "x-acquired-count": 4})).id


def test_letters_that_differ_in_anything_have_other_ids() -> None:
    letters = [letter(), letter(b"[]"), letter(reply_to="inbox.1"), letter(**DIED), letter(**(REFUSED | {"at": 2}))]
    assert len({one.id for one in letters}) == len(letters)


@pytest.mark.parametrize(
    "body",
    [
        f'{{"type":"posts","token":"{JWT}"}}',
        f'{{"type":"posts","\\u0074oken" : "{JWT}"}}',
        f'{{"posts":[{{"Token":"{JWT}"}}]}}',
        f'{{"type":"posts","token":"{JWT}',
        f"token is {JWT}!",
    ],
)
def test_no_token_is_shown(body: str) -> None:
    text = "\n".join([line(letter(body.encode())), *lines(letter(body.encode()))])
    assert JWT[-10:] not in text
    assert "***" in text


@pytest.mark.parametrize("body", [rb'{"secret":"s\"e\\cret","name":"ann"}', rb'{"secret":"s\"e\\cret'])
def test_no_secret_is_shown(body: bytes) -> None:
    text = "\n".join([line(letter(body)), *lines(letter(body))])
    assert "cret," not in text
    assert text.count('"***"') == 2


def test_no_token_in_a_header_is_shown() -> None:
    assert JWT not in "\n".join(lines(letter(**(REFUSED | {"text": f"'{JWT}' is no message"}))))


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x07", "\x9b31m", "\u202e", "\r", "\u2028", "\x00"])
def test_nothing_that_a_terminal_obeys_is_shown(hostile: str) -> None:
    one = letter(f"a{hostile}b".encode(), reply_to=hostile, **{hostile: hostile, "source": hostile, "reason": hostile})
    assert all(text.isprintable() for text in [line(one), *lines(one)])


def test_a_body_cannot_pass_for_other_lines_of_the_letter() -> None:
    assert lines(letter(b"a\nsource: registry.commands"))[-1] == "a\\nsource: registry.commands"


def test_bytes_that_are_no_text_are_shown_as_escapes() -> None:
    assert lines(letter(b"\xff\xfe"))[-1] == "\\xff\\xfe"


def test_json_nested_too_deep_is_shown_as_it_is() -> None:
    body = b"[" * 1000 + b"]" * 1000
    assert lines(letter(body))[-1] == body.decode()


def test_text_of_every_plane_is_shown_as_it_is() -> None:
    assert safe("hola \U0001f600 \u4f60\u597d") == "hola \U0001f600 \u4f60\u597d"
