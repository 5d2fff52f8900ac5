"""The table of keys, against what the screens bind, what F1 shows, and what the palette runs."""

import pytest
from textual.binding import Binding
from textual.command import CommandPalette

from chat_client import commands, keys
from chat_client.fullscreen import bindings
from chat_client.fullscreen.composer import Composer
from chat_client.fullscreen.help_screen import HelpScreen
from chat_client.fullscreen.palette import Everything
from chat_client.keys import Where
from testkit.fake_session import ChatDriver, run_in_room

# Textual binds these to every list, and nothing happens, as none scrolls sideways.
WITHOUT_EFFECT = {"ctrl+pageup", "ctrl+pagedown"}


def in_table() -> set[str]:
    return {key for row in keys.rows() for key in row.keys.split()}


async def press(chat: ChatDriver, *pressed: str) -> None:
    await chat.pilot.press(*pressed)
    await chat.pilot.pause()


@pytest.mark.parametrize("opened_by", ["", "f6", "f1", "/search x", "paste"])
def test_the_table_has_each_key_that_a_screen_binds(opened_by: str) -> None:
    async def steps(chat: ChatDriver) -> None:
        if opened_by == "paste":
            chat.room.query_one(Composer).paste("line\n" * 20)
            await chat.pilot.pause()
        elif opened_by.startswith("/"):
            await chat.enter(opened_by)
        elif opened_by:
            await press(chat, opened_by)
        bound = {key for key in chat.app.screen.active_bindings if not key.startswith("super+")}
        assert bound - WITHOUT_EFFECT <= in_table()

    run_in_room(steps)


def bound_by_table(where: Where) -> list[tuple[str, str]]:
    return [(key, row.actions[where]) for row in keys.rows() if where in row.actions for key in row.keys.split()]


@pytest.mark.parametrize("where", Where)
def test_each_place_binds_what_the_table_says_each_key_once(where: Where) -> None:
    bound = [each for each in bindings.at(where) if isinstance(each, Binding)]
    assert [(key, each.action) for each in bound for key in each.key.split(",")] == bound_by_table(where)
    assert len({key for key, _action in bound_by_table(where)}) == len(bound_by_table(where))


def test_f1_shows_every_key_gesture_and_command() -> None:
    async def steps(chat: ChatDriver) -> None:
        await press(chat, "f1")
        assert isinstance(chat.app.screen, HelpScreen)
        shown = chat.screen()
        for row in keys.rows():
            assert keys.written(row.keys) in shown
        for typed, _effect in commands.help_rows():
            assert typed in shown
        for gesture, _effect in keys.GESTURES:
            assert gesture in shown

    run_in_room(steps, size=(120, 24))


async def run_entry(chat: ChatDriver, searched: str) -> None:
    """Open the palette, search for an entry, and run the first one found."""
    await press(chat, "ctrl+p")
    await chat.pilot.press(*("space" if char == " " else char for char in searched))
    await chat.until(lambda: searched in chat.screen().split("\n", 3)[-1], f"the palette finds {searched}")
    await press(chat, "enter")
    await chat.until(lambda: not isinstance(chat.app.screen, CommandPalette), "the palette closes")
    await chat.pilot.pause()


def test_the_palette_has_each_command_key_and_gesture() -> None:
    async def steps(chat: ChatDriver) -> None:
        found = {text.rpartition(" · ")[2] for text, _callback in Everything(chat.app.screen).entries()}
        assert {commands.usage(command) for command in commands.COMMANDS} <= found
        assert {
            keys.written(row.keys) for row in keys.rows() if set(row.actions) != {Where.RESULTS, Where.HELP}
        } <= found
        assert {gesture for gesture, _effect in keys.GESTURES} <= found

    run_in_room(steps)


def test_the_palette_runs_the_action_of_a_key() -> None:
    async def steps(chat: ChatDriver) -> None:
        await press(chat, *"hi")
        await run_entry(chat, "Send the message")
        assert chat.posted() == ["hi"]
        await run_entry(chat, "Show this help")
        assert isinstance(chat.app.screen, HelpScreen)

    run_in_room(steps)


def test_the_palette_runs_a_command() -> None:
    async def steps(chat: ChatDriver) -> None:
        await run_entry(chat, "List every message you")
        assert chat.requests("my_messages") == [None]

    run_in_room(steps)


def test_the_palette_begins_a_command_that_needs_an_argument_before_the_draft() -> None:
    async def steps(chat: ChatDriver) -> None:
        await press(chat, *"lost")
        await run_entry(chat, "List the messages with")
        await press(chat, *"never", "space")
        assert chat.room.query_one(Composer).text == "/search never lost"

    run_in_room(steps)


def test_the_palette_says_that_nothing_matches() -> None:
    async def steps(chat: ChatDriver) -> None:
        await press(chat, "ctrl+p", *"qqqq")
        await chat.until(lambda: "nothing matches" in chat.screen(), "the palette says so")
        await press(chat, "enter")

    run_in_room(steps)
