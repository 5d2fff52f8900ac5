"""Sequences for the terminal's window: nothing that somebody says ends them or begins another one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_client.fullscreen.terminal import notification, title

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def test_the_title_has_the_room_and_the_number_of_unread_messages() -> None:
    assert title("lobby", 0) == "\x1b]2;#lobby · Tertulia\x07"
    assert title("lobby", 3) == "\x1b]2;(3) #lobby · Tertulia\x07"


def test_a_notification_has_the_room_and_the_message() -> None:
    assert notification("osc9", "lobby", "bob: hola; you?") == "\x1b]9;#lobby bob: hola; you?\x07"
    assert notification("osc777", "lobby", "bob: hola; you?") == "\x1b]777;notify;#lobby;bob: hola, you?\x07"


@given(st.sampled_from(["osc9", "osc777"]), st.text() | st.text("\x1b\x07\x9c\x90\\];4\n", max_size=20))
def test_no_text_ends_a_notification_or_is_without_a_bound(kind: str, text: str) -> None:
    sequence = notification(kind, "lobby", text)

    assert sequence.startswith("\x1b]")
    assert sequence.endswith("\x07")
    assert not CONTROL.search(sequence[2:-1])
    assert len(sequence) < 300
    assert re.match(r"\x1b\](9;#|777;notify;#)", sequence)  # "9;4;" would be a progress bar


@pytest.mark.parametrize("room", ["a\x07b", "\x1b[31m"])
def test_no_name_of_a_room_ends_the_title(room: str) -> None:
    assert not CONTROL.search(title(room, 1)[2:-1])
