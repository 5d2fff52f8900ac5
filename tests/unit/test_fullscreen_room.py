"""The room over a fake session: its screen and its requests."""

import os
from pathlib import Path

import pytest
from textual.events import AppBlur, Key

from chat_client import events
from chat_client.fullscreen.bell import Bell
from chat_client.fullscreen.help_screen import HelpScreen
from chat_client.places import Older
from chat_client.preferences_file import PreferenceStore
from testkit.fake_session import MINUTE, NOON, ChatDriver, message, run_in_room

LOST = events.ConnectionLost(broker="host:5672")


def test_members_are_listed_with_their_states() -> None:
    async def steps(chat: ChatDriver) -> None:
        assert "● bob" in chat.screen()
        assert "○ eve" in chat.screen()
        await chat.emit(
            events.PresenceChanged(at=NOON, user="eve", kind="back"),
            events.PresenceChanged(at=NOON, user="bob", kind="left"),
        )
        assert "● eve" in chat.screen()
        assert "● bob" not in chat.screen()
        assert "eve is back" in chat.screen()

    run_in_room(steps, size=(120, 24))


def test_a_message_is_pending_until_it_has_come_back() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("hello all")
        assert chat.posted() == ["hello all"]
        assert "1 unsent" in chat.screen()
        await chat.emit(message("hello all", "alice", sequence=1))
        assert "unsent" not in chat.screen()
        assert chat.screen().count("hello all") == 1

    run_in_room(steps)


def test_a_refused_message_says_why_and_can_be_sent_again() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("too fast")
        await chat.emit(events.NotSent(sequence=1, text="too fast", reason="slow down"))
        assert "slow down" in chat.screen()
        await chat.pilot.press("f2")
        await chat.pilot.pause()
        assert chat.posted() == ["too fast", "too fast"]
        assert "slow down" not in chat.screen()

    run_in_room(steps)


def test_a_refused_message_can_be_dropped() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("too fast")
        await chat.emit(events.NotSent(sequence=1, text="too fast", reason="slow down"))
        await chat.pilot.press("f3")
        await chat.pilot.pause()
        assert chat.posted() == ["too fast"]
        assert "too fast" not in chat.screen()

    run_in_room(steps)


def test_a_lost_connection_is_shown_and_messages_wait() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(LOST)
        await chat.enter("are you there?")
        assert "connection to host:5672 lost" in chat.screen()
        assert "1 message waits" in chat.screen()
        assert "no connection" in chat.screen()
        await chat.emit(events.WaitingOver(), events.ConnectedAgain(), message("are you there?", "alice", sequence=1))
        assert "waits" not in chat.screen()
        assert "● connected" in chat.screen()

    run_in_room(steps)


def test_the_top_requests_older_messages() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.until(lambda: chat.requests("history"), "the client requests older messages")
        first = message("the first ever", at=NOON - MINUTE)
        await chat.emit(events.HistoryListed(query=Older(None), messages=(first,), more=False))
        assert "the first ever" in chat.screen()

    run_in_room(steps, message("hello"))


def test_a_failed_request_for_older_messages_is_repeated_only_when_the_person_scrolls_up() -> None:
    failed = (
        events.Remark(text="the archive does not answer"),
        events.HistoryListed(query=Older(None), messages=(), more=True, failed=True),
    )

    async def steps(chat: ChatDriver) -> None:
        await chat.until(lambda: chat.requests("history"), "the client requests older messages")
        await chat.emit(*failed)
        await chat.emit(message("more"))
        assert chat.requests("history") == [Older(None)]
        await chat.pilot.press("pageup")
        await chat.pilot.pause()
        assert chat.requests("history") == [Older(None)] * 2
        await chat.emit(*failed)
        assert chat.requests("history") == [Older(None)] * 2

    run_in_room(steps, message("hello"))


def test_the_command_users_prints_the_users() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/users")
        await chat.emit(events.UsersListed(connected=("alice", "bob"), disconnected=("eve",)))
        assert "connected: alice, bob" in chat.screen()
        assert "disconnected: eve" in chat.screen()

    run_in_room(steps)


@pytest.mark.parametrize("how", ["f1", "/help"])
def test_help_lists_commands_and_keys(how: str) -> None:
    async def steps(chat: ChatDriver) -> None:
        await (chat.pilot.press(how) if how == "f1" else chat.enter(how))
        await chat.pilot.pause()
        assert isinstance(chat.app.screen, HelpScreen)
        for word in ("/search", "/users", "F2", "Ctrl+Q"):
            assert word in chat.screen()
        await chat.pilot.press("escape")
        await chat.pilot.pause()
        assert not isinstance(chat.app.screen, HelpScreen)

    run_in_room(steps, size=(100, 40))


def test_a_mistyped_command_is_not_posted() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/serach keys")
        assert chat.posted() == []
        assert "did you mean /search" in chat.screen()

    run_in_room(steps, size=(120, 24))


def test_a_narrow_terminal_hides_the_members_until_f4() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("can you read this?"))
        assert "can you read this?" in chat.screen()
        assert "● bob" not in chat.screen()
        await chat.pilot.press("f4")
        await chat.pilot.pause()
        assert "● bob" in chat.screen()
        await chat.enter("yes")
        assert chat.posted() == ["yes"]

    run_in_room(steps, size=(40, 12))


def test_messages_are_marked_as_new_while_the_terminal_has_no_focus() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("seen"))
        chat.app.post_message(AppBlur())
        await chat.pilot.pause()
        await chat.emit(message("not seen"))
        screen = chat.screen()
        assert screen.index("seen") < screen.index("── new") < screen.index("not seen")

    run_in_room(steps)


def test_the_members_cover_no_text_on_a_narrow_terminal() -> None:
    text = "".join(map(chr, range(ord("a"), ord("z") + 1)))

    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("f4")
        await chat.pilot.pause()
        await chat.emit(message(text))
        rows = [line.strip() for line in chat.screen().splitlines()]
        assert text in "".join(rows)

    run_in_room(steps, size=(40, 12))


def test_the_command_palette_lists_the_themes() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("ctrl+p", *"theme")
        await chat.until(lambda: "Choose a colour theme" in chat.screen(), "the palette lists the themes")

    run_in_room(steps)


def test_fast_typing_is_submitted_line_by_line() -> None:
    async def steps(chat: ChatDriver) -> None:
        for char in "one two":
            chat.app.post_message(Key("space" if char == " " else char, char))
        chat.app.post_message(Key("enter", "\r"))
        chat.app.post_message(Key("x", "x"))
        chat.app.post_message(Key("enter", "\r"))
        await chat.until(lambda: len(chat.posted()) == 2)
        assert chat.posted() == ["one two", "x"]

    run_in_room(steps)


def test_the_bell_rings_at_most_once_in_three_seconds() -> None:
    bell, rung = Bell("alice", PreferenceStore(Path(os.devnull, "none"))), []
    bell.enabled = True
    for tenth in range(100):
        bell.record(message("alice!"))
        if bell.pop_due(tenth / 10):
            rung.append(tenth / 10)

    assert rung == [0, 3, 6, 9]
    assert not bell.pop_due(20)


@pytest.mark.parametrize(
    ("choice", "text", "rings"),
    [
        ("", "hello", 0),
        ("", "hello Alice!", 1),
        ("", "malice", 0),
        ("on", "hello", 1),
        ("off", "hello alice", 0),
    ],
)
@pytest.mark.parametrize("times", [1, 3])
def test_the_bell_rings_by_its_mode_and_once_for_simultaneous_messages(
    choice: str, text: str, rings: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(chat: ChatDriver) -> None:
        rung: list[None] = []
        monkeypatch.setattr(chat.app, "bell", lambda: rung.append(None))
        if choice:
            await chat.enter(f"/bell {choice}")
        chat.room.show_events([*[message(text)] * times, message(text, "alice", sequence=9)])
        assert len(rung) == rings
        chat.room.show_events([message("not for you", "alice")])
        assert len(rung) == rings

    run_in_room(steps, message("alice, this was before"))
