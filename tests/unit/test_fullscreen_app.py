"""The full-screen client, over a session that the test plays: what it shows, and what it asks for."""

import asyncio

import pytest
from textual.events import AppBlur, Key

from chat_client import events
from chat_client.fullscreen.help_screen import HelpScreen
from chat_client.fullscreen.name_screen import NameScreen
from chat_client.fullscreen.run import complaints
from testkit.fake_session import MINUTE, NOON, Scene, in_the_room, opened, said
from testkit.picture import picture

LOST = events.ConnectionLost(broker="host:5672")


def test_the_name_is_asked_for_and_then_the_room_is_there() -> None:
    async def run() -> None:
        async with opened() as scene:
            assert isinstance(scene.app.screen, NameScreen)
            await scene.enter("alice")
            assert scene.asked("join") == ["alice"]
            await scene.tell(said("good morning"), events.Joined(name="alice", room="lobby"))
            assert "good morning" in scene.screen()
            assert "you are alice in lobby" in scene.screen()

    asyncio.run(run())


def test_a_refused_name_is_explained_and_asked_for_again() -> None:
    async def run() -> None:
        async with opened() as scene:
            await scene.enter("bob")
            await scene.tell(events.NameRefused(text="bob is taken: choose another name"))
            assert "bob is taken" in scene.screen()
            await scene.pilot.press("backspace", "backspace", "backspace")
            await scene.enter("alice")
            assert scene.asked("join") == ["bob", "alice"]

    asyncio.run(run())


def test_a_name_that_cannot_be_had_is_refused_at_once() -> None:
    async def run() -> None:
        async with opened() as scene:
            await scene.enter("a b")
            assert scene.asked("join") == []
            assert isinstance(scene.app.screen, NameScreen)
            assert "name" in scene.screen()

    asyncio.run(run())


def test_what_joining_waits_for_is_said() -> None:
    async def run() -> None:
        async with opened(name="alice") as scene:
            await scene.tell(events.Waiting(text="waiting for the broker at host:5672"))
            assert "waiting for the broker" in scene.screen()
            await scene.tell(events.WaitingOver())
            assert "waiting for the broker" not in scene.screen()
            assert "joining" in scene.screen()

    asyncio.run(run())


def test_what_joining_waits_for_is_still_said_when_the_name_is_typed() -> None:
    async def run() -> None:
        async with opened() as scene:
            await scene.tell(events.Waiting(text="waiting for the broker at host:5672"))
            await scene.enter("alice")
            assert "waiting for the broker" in scene.screen()
            await scene.tell(events.NameRefused(text="alice is taken: choose another name"))
            await scene.enter("x")
            assert "waiting for the broker" not in scene.screen()
            assert "joining" in scene.screen()

    asyncio.run(run())


def test_members_are_listed_with_their_states_and_their_number() -> None:
    async def play(scene: Scene) -> None:
        assert "● bob" in scene.screen()
        assert "○ eve" in scene.screen()
        await scene.tell(
            events.PresenceChanged(at=NOON, user="eve", kind="back"),
            events.PresenceChanged(at=NOON, user="bob", kind="left"),
        )
        assert "● eve" in scene.screen()
        assert "● bob" not in scene.screen()
        assert "eve is back" in scene.screen()

    in_the_room(play)


def test_a_message_is_pending_until_it_has_come_back() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("hello all")
        assert scene.posted() == ["hello all"]
        assert "1 unsent" in scene.screen()
        await scene.tell(said("hello all", "alice", sequence=1))
        assert "unsent" not in scene.screen()
        assert scene.screen().count("hello all") == 1

    in_the_room(play)


def test_a_refused_message_says_why_and_can_be_sent_again() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("too fast")
        await scene.tell(events.NotSent(sequence=1, text="too fast", reason="slow down"))
        assert "slow down" in scene.screen()
        await scene.pilot.press("f2")
        await scene.pilot.pause()
        assert scene.posted() == ["too fast", "too fast"]
        assert "slow down" not in scene.screen()

    in_the_room(play)


def test_a_refused_message_can_be_dropped() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("too fast")
        await scene.tell(events.NotSent(sequence=1, text="too fast", reason="slow down"))
        await scene.pilot.press("f3")
        await scene.pilot.pause()
        assert scene.posted() == ["too fast"]
        assert "too fast" not in scene.screen()

    in_the_room(play)


def test_a_lost_connection_is_said_and_what_is_typed_waits() -> None:
    async def play(scene: Scene) -> None:
        await scene.tell(LOST)
        await scene.enter("are you there?")
        assert "connection to host:5672 lost" in scene.screen()
        assert "1 message waits" in scene.screen()
        assert "no connection" in scene.screen()
        await scene.tell(events.WaitingOver(), events.ConnectedAgain(), said("are you there?", "alice", sequence=1))
        assert "waits" not in scene.screen()
        assert "● connected" in scene.screen()

    in_the_room(play)


def test_scrolling_up_asks_for_what_was_said_before() -> None:
    async def play(scene: Scene) -> None:
        await scene.until(lambda: scene.asked("older"), "older messages are asked for")
        await scene.tell(events.OlderListed(messages=(said("the first ever", at=NOON - MINUTE),), more=False))
        assert "the first ever" in scene.screen()

    in_the_room(play, said("hello"))


def test_an_archive_that_does_not_answer_is_asked_again_only_when_the_person_goes_up() -> None:
    failed = (events.Remark(text="the archive does not answer"), events.OlderListed(messages=(), more=True))

    async def play(scene: Scene) -> None:
        await scene.until(lambda: scene.asked("older"), "older messages are asked for")
        await scene.tell(*failed)
        await scene.tell(said("more"))
        assert scene.asked("older") == [None]
        await scene.pilot.press("pageup")
        await scene.pilot.pause()
        assert scene.asked("older") == [None, None]
        await scene.tell(*failed)
        assert scene.asked("older") == [None, None]

    in_the_room(play, said("hello"))


def test_users_are_listed_when_asked_for() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/users")
        await scene.tell(events.UsersListed(connected=("alice", "bob"), disconnected=("eve",)))
        assert "connected: alice, bob" in scene.screen()
        assert "disconnected: eve" in scene.screen()

    in_the_room(play)


@pytest.mark.parametrize("how", ["f1", "/help"])
def test_help_lists_commands_and_keys(how: str) -> None:
    async def play(scene: Scene) -> None:
        await (scene.pilot.press(how) if how == "f1" else scene.enter(how))
        await scene.pilot.pause()
        assert isinstance(scene.app.screen, HelpScreen)
        for word in ("/search", "/users", "F2", "Ctrl+Q"):
            assert word in scene.screen()
        await scene.pilot.press("escape")
        await scene.pilot.pause()
        assert not isinstance(scene.app.screen, HelpScreen)

    in_the_room(play, size=(100, 40))


def test_a_slip_of_the_hand_is_no_message() -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/serach keys")
        assert scene.posted() == []
        assert "did you mean /search" in scene.screen()

    in_the_room(play, size=(120, 24))


def test_a_narrow_terminal_shows_the_room_and_the_members_when_asked() -> None:
    async def play(scene: Scene) -> None:
        await scene.tell(said("can you read this?"))
        assert "can you read this?" in scene.screen()
        assert "● bob" not in scene.screen()
        await scene.pilot.press("f4")
        await scene.pilot.pause()
        assert "● bob" in scene.screen()
        await scene.enter("yes")
        assert scene.posted() == ["yes"]

    in_the_room(play, size=(40, 12))


def test_leaving_waits_for_the_session_and_asked_again_does_not() -> None:
    async def play(scene: Scene) -> None:
        await scene.pilot.press("ctrl+q")
        await scene.pilot.pause()
        assert scene.asked("exit") == [None]
        assert scene.app.is_running
        await scene.pilot.press("ctrl+q")
        await scene.until(lambda: not scene.app.is_running)
        assert scene.app.return_value == 130

    in_the_room(play)


@pytest.mark.parametrize(("freed", "status"), [(True, 0), (False, 1)])
def test_the_end_of_the_session_ends_the_client(freed: bool, status: int) -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/exit")
        scene.session.tell(events.Ended(text="bye", freed=freed))
        await scene.until(lambda: not scene.app.is_running)
        assert scene.app.return_value == status

    in_the_room(play)


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
def test_the_bell_rings_as_chosen_and_once_for_what_comes_at_once(
    choice: str, text: str, rings: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(scene: Scene) -> None:
        rung: list[None] = []
        monkeypatch.setattr(scene.app, "bell", lambda: rung.append(None))
        if choice:
            await scene.enter(f"/bell {choice}")
        scene.room.tell([*[said(text)] * times, said(text, "alice", sequence=9)])
        assert len(rung) == rings
        scene.room.tell([said("not for you", "alice")])
        assert len(rung) == rings

    in_the_room(play, said("alice, this was before"))


def test_what_comes_while_nobody_looks_is_marked_as_new() -> None:
    async def play(scene: Scene) -> None:
        await scene.tell(said("seen"))
        scene.app.post_message(AppBlur())
        await scene.pilot.pause()
        await scene.tell(said("not seen"))
        screen = scene.screen()
        assert screen.index("seen") < screen.index("── new") < screen.index("not seen")

    in_the_room(play)


def test_what_was_refused_and_neither_sent_again_nor_dropped_is_named_at_the_end() -> None:
    async def play(scene: Scene) -> None:
        for sequence, text in enumerate(["one", "two", "three"], 1):
            await scene.enter(text)
            await scene.tell(events.NotSent(sequence=sequence, text=text, reason="slow down"))
        await scene.pilot.press("f2")
        await scene.tell(said("one", "alice", sequence=4))
        await scene.pilot.press("f3")
        await scene.enter("four")
        scene.session.tell(events.Ended(text="the session is over", freed=False))
        await scene.until(lambda: not scene.app.is_running)
        scene.session.tell(events.NotSent(sequence=5, text="four", reason="it did not come back"))
        assert complaints(scene.app) == [
            "not sent: three (slow down)",
            "not sent: four (it did not come back)",
            "the session is over",
        ]

    in_the_room(play)


def test_no_letter_is_hidden_behind_the_members_on_a_narrow_terminal() -> None:
    text = "".join(map(chr, range(ord("a"), ord("z") + 1)))

    async def play(scene: Scene) -> None:
        await scene.pilot.press("f4")
        await scene.pilot.pause()
        await scene.tell(said(text))
        rows = [line.strip() for line in scene.screen().splitlines()]
        assert text in "".join(rows)

    in_the_room(play, size=(40, 12))


def test_the_command_palette_has_what_can_be_done() -> None:
    async def play(scene: Scene) -> None:
        await scene.pilot.press("ctrl+p")
        await scene.until(lambda: "Choose other colours" in scene.screen(), "the palette lists the themes")

    in_the_room(play)


def test_what_is_typed_faster_than_it_is_shown_is_sent_line_by_line() -> None:
    async def play(scene: Scene) -> None:
        for char in "one two":
            scene.app.post_message(Key("space" if char == " " else char, char))
        scene.app.post_message(Key("enter", "\r"))
        scene.app.post_message(Key("x", "x"))
        scene.app.post_message(Key("enter", "\r"))
        await scene.until(lambda: len(scene.posted()) == 2)
        assert scene.posted() == ["one two", "x"]

    in_the_room(play)


def test_ctrl_c_with_nothing_to_copy_says_how_to_leave() -> None:
    async def play(scene: Scene) -> None:
        await scene.pilot.press("ctrl+c")
        await scene.until(lambda: "Ctrl+Q&#160;leaves" in picture(scene.app), "it says how to leave")
        assert scene.app.is_running

    in_the_room(play)
