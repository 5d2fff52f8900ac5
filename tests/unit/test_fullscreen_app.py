"""The full-screen client over a fake session: its screen and its requests."""

import asyncio

import pytest
from textual.events import AppBlur, Key

from chat_client import events
from chat_client.fullscreen.help_screen import HelpScreen
from chat_client.fullscreen.name_screen import NameScreen
from chat_client.fullscreen.run import exit_messages
from testkit.fake_session import MINUTE, NOON, ChatDriver, message, open_client, run_in_room
from testkit.picture import picture

LOST = events.ConnectionLost(broker="host:5672")


def test_the_client_asks_for_the_name_and_then_shows_the_room() -> None:
    async def run() -> None:
        async with open_client() as chat:
            assert isinstance(chat.app.screen, NameScreen)
            await chat.enter("alice")
            assert chat.requests("join") == ["alice"]
            await chat.emit(message("good morning"), events.Joined(name="alice", room="lobby"))
            assert "good morning" in chat.screen()
            assert "you are alice in lobby" in chat.screen()

    asyncio.run(run())


def test_a_refused_name_is_explained_and_another_can_be_typed() -> None:
    async def run() -> None:
        async with open_client() as chat:
            await chat.enter("bob")
            await chat.emit(events.NameRefused(text="bob is taken: choose another name"))
            assert "bob is taken" in chat.screen()
            await chat.pilot.press("backspace", "backspace", "backspace")
            await chat.enter("alice")
            assert chat.requests("join") == ["bob", "alice"]

    asyncio.run(run())


def test_an_invalid_name_is_refused_without_a_request() -> None:
    async def run() -> None:
        async with open_client() as chat:
            await chat.enter("a b")
            assert chat.requests("join") == []
            assert isinstance(chat.app.screen, NameScreen)
            assert "name" in chat.screen()

    asyncio.run(run())


def test_the_name_screen_shows_what_joining_waits_for() -> None:
    async def run() -> None:
        async with open_client(name="alice") as chat:
            await chat.emit(events.Waiting(text="waiting for the broker at host:5672"))
            assert "waiting for the broker" in chat.screen()
            await chat.emit(events.WaitingOver())
            assert "waiting for the broker" not in chat.screen()
            assert "joining" in chat.screen()

    asyncio.run(run())


def test_the_name_screen_still_shows_the_wait_after_the_name_is_typed() -> None:
    async def run() -> None:
        async with open_client() as chat:
            await chat.emit(events.Waiting(text="waiting for the broker at host:5672"))
            await chat.enter("alice")
            assert "waiting for the broker" in chat.screen()
            await chat.emit(events.NameRefused(text="alice is taken: choose another name"))
            await chat.enter("x")
            assert "waiting for the broker" not in chat.screen()
            assert "joining" in chat.screen()

    asyncio.run(run())


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

    run_in_room(steps)


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
        await chat.until(lambda: chat.requests("older"), "the client requests older messages")
        await chat.emit(events.OlderListed(messages=(message("the first ever", at=NOON - MINUTE),), more=False))
        assert "the first ever" in chat.screen()

    run_in_room(steps, message("hello"))


def test_a_failed_request_for_older_messages_is_repeated_only_when_the_person_scrolls_up() -> None:
    failed = (events.Remark(text="the archive does not answer"), events.OlderListed(messages=(), more=True))

    async def steps(chat: ChatDriver) -> None:
        await chat.until(lambda: chat.requests("older"), "the client requests older messages")
        await chat.emit(*failed)
        await chat.emit(message("more"))
        assert chat.requests("older") == [None]
        await chat.pilot.press("pageup")
        await chat.pilot.pause()
        assert chat.requests("older") == [None, None]
        await chat.emit(*failed)
        assert chat.requests("older") == [None, None]

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


def test_ctrl_q_waits_for_the_session_and_pressed_again_exits_at_once() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("ctrl+q")
        await chat.pilot.pause()
        assert chat.requests("exit") == [None]
        assert chat.app.is_running
        await chat.pilot.press("ctrl+q")
        await chat.until(lambda: not chat.app.is_running)
        assert chat.app.return_value == 130

    run_in_room(steps)


@pytest.mark.parametrize(("freed", "status"), [(True, 0), (False, 1)])
def test_the_end_of_the_session_ends_the_client(freed: bool, status: int) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/exit")
        chat.session.emit(events.Ended(text="bye", freed=freed))
        await chat.until(lambda: not chat.app.is_running)
        assert chat.app.return_value == status

    run_in_room(steps)


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


def test_messages_are_marked_as_new_while_the_terminal_has_no_focus() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("seen"))
        chat.app.post_message(AppBlur())
        await chat.pilot.pause()
        await chat.emit(message("not seen"))
        screen = chat.screen()
        assert screen.index("seen") < screen.index("── new") < screen.index("not seen")

    run_in_room(steps)


def test_refused_posts_that_remain_are_named_at_the_end() -> None:
    async def steps(chat: ChatDriver) -> None:
        for sequence, text in enumerate(["one", "two", "three"], 1):
            await chat.enter(text)
            await chat.emit(events.NotSent(sequence=sequence, text=text, reason="slow down"))
        await chat.pilot.press("f2")
        await chat.emit(message("one", "alice", sequence=4))
        await chat.pilot.press("f3")
        await chat.enter("four")
        chat.session.emit(events.Ended(text="the session is over", freed=False))
        await chat.until(lambda: not chat.app.is_running)
        chat.session.emit(events.NotSent(sequence=5, text="four", reason="it did not come back"))
        assert exit_messages(chat.app) == [
            "not sent: three (slow down)",
            "not sent: four (it did not come back)",
            "the session is over",
        ]

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
        await chat.pilot.press("ctrl+p")
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


def test_ctrl_c_without_a_selection_explains_how_to_leave() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("ctrl+c")
        await chat.until(lambda: "Ctrl+Q&#160;leaves" in picture(chat.app), "it says how to leave")
        assert chat.app.is_running

    run_in_room(steps)
