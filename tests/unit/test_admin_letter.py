"""The id of a dead letter, and its text on the operator's terminal."""

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


def test_a_line_has_id_time_source_reason_size_and_beginning() -> None:
    one = letter(b"garbage")
    assert line(one) == f"{one.id}  2026-11-22 18:00:00  router.ingress.3  undecodable  7 bytes  garbage"


def test_headers_of_the_broker_go_before_headers_of_a_sender() -> None:
    forged = letter(**(DIED | {"source": "registry.commands", "reason": "none", "at": 1}))
    assert (forged.source, forged.reason, forged.time) == ("router.ingress.4", "delivery_limit", "2026-11-22 18:00:01")


@pytest.mark.parametrize("headers", [{"x-death": "yes"}, {"x-death": []}, {"x-death": [1]}, {"at": 2**62}, {"at": "x"}])
def test_a_letter_without_headers_is_listed(headers: dict[str, Any]) -> None:
    one = letter(**headers)
    assert line(one) == f"{one.id}  -  -  -  2 bytes  {{}}"


def test_an_id_does_not_change_when_a_letter_is_delivered_again() -> None:
    assert letter(**DIED).id == letter(**(DIED | {"x-delivery-count": 3, "x-acquired-count": 4})).id


def test_letters_that_differ_have_different_ids() -> None:
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
def test_control_characters_are_escaped(hostile: str) -> None:
    one = letter(f"a{hostile}b".encode(), reply_to=hostile, **{hostile: hostile, "source": hostile, "reason": hostile})
    assert all(text.isprintable() for text in [line(one), *lines(one)])


def test_a_body_cannot_imitate_other_lines_of_the_letter() -> None:
    assert lines(letter(b"a\nsource: registry.commands"))[-1] == "a\\nsource: registry.commands"


def test_bytes_that_are_not_text_are_escaped() -> None:
    assert lines(letter(b"\xff\xfe"))[-1] == "\\xff\\xfe"


def test_json_that_is_nested_too_deep_is_shown_unchanged() -> None:
    body = b"[" * 1000 + b"]" * 1000
    assert lines(letter(body))[-1] == body.decode()


def test_text_of_every_unicode_plane_is_shown_unchanged() -> None:
    assert safe("hola \U0001f600 \u4f60\u597d") == "hola \U0001f600 \u4f60\u597d"
