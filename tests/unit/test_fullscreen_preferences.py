"""Preferences in the full screen: each change shows at once, and is there at the next start."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chat_client import events
from chat_client.fullscreen.background import QUESTION, TerminalBackground
from chat_client.preferences_file import PreferenceStore
from testkit.fake_session import NOON, ChatDriver, join_room, message
from testkit.fullscreen_person import FullscreenPerson

Steps = Callable[[ChatDriver], Awaitable[None]]
LIGHT_ANSWER = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\"
WIDE = (120, 24)


def run(steps: Steps, state: Path, size: tuple[int, int] = (80, 24), *, local_time: bool = False) -> None:
    """Run steps in a room whose client keeps its files in a directory."""

    async def play() -> None:
        async with join_room(size=size, state=state, local_time=local_time) as chat:
            await steps(chat)

    asyncio.run(play())


def kept(state: Path) -> PreferenceStore:
    """Return the preferences as the next start reads them."""
    return PreferenceStore(state / "settings.toml")


def test_joins_and_leaves_are_hidden_and_shown_at_once(tmp_path: Path) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(events.PresenceChanged(at=NOON, user="zoe", kind="joined"), message("hello"))
        assert "zoe joined" in chat.screen()
        await chat.enter("/set joins off")
        assert "zoe joined" not in chat.screen()
        assert "hello" in chat.screen()
        await chat.enter("/set joins on")
        assert "zoe joined" in chat.screen()

    run(steps, tmp_path)


def test_local_time_is_shown_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")

    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("hello"))
        assert "12:00" in chat.screen()
        await chat.enter("/set local_time on")
        assert "17:30" in chat.screen()
        assert "UTC" not in chat.screen().splitlines()[-1]

    time.tzset()
    try:
        run(steps, tmp_path)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert kept(tmp_path).current.local_time


def test_bell_and_set_bell_are_the_same_preference(tmp_path: Path) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/bell off")
        await chat.enter("/set bell")
        assert "bell = off" in chat.screen()
        await chat.enter("/set bell on")
        await chat.enter("/bell")
        assert "rings for every message" in chat.screen()

    run(steps, tmp_path)
    assert kept(tmp_path).current.bell == "on"


def test_a_wrong_setting_is_refused_with_the_choices(tmp_path: Path) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/set bell loud")
        assert "bell cannot be loud" in chat.screen()

    run(steps, tmp_path)
    assert not (tmp_path / "settings.toml").exists()


@pytest.mark.parametrize(("columns", "shown"), [(80, False), (99, False), (100, True), (120, True)])
def test_the_members_are_folded_in_a_terminal_that_is_not_wide(columns: int, shown: bool, tmp_path: Path) -> None:
    async def steps(chat: ChatDriver) -> None:
        assert ("● bob" in chat.screen()) == shown
        await chat.pilot.press("f4")
        await chat.pilot.pause()
        assert ("● bob" in chat.screen()) != shown
        assert kept(tmp_path).current.members == ("off" if shown else "on")
        await chat.pilot.press("f4")
        await chat.pilot.pause()
        assert ("● bob" in chat.screen()) == shown
        assert kept(tmp_path).current.members == "auto"

    run(steps, tmp_path, (columns, 24))


@pytest.mark.parametrize(("members", "size", "shown"), [("on", (80, 24), True), ("off", WIDE, False)])
def test_the_preference_about_members_wins_over_the_width(
    members: str, size: tuple[int, int], shown: bool, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text(f'members = "{members}"\n')

    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.pause()
        assert ("● bob" in chat.screen()) == shown

    run(steps, tmp_path, size)


def test_the_palette_and_set_choose_the_theme_of_the_next_start(tmp_path: Path) -> None:
    async def choose(chat: ChatDriver) -> None:
        assert chat.app.theme == "textual-dark"
        await chat.enter("/set theme nord")
        assert chat.app.theme == "nord"
        chat.app.choose_theme("gruvbox")
        assert chat.app.theme == "gruvbox"

    async def look(chat: ChatDriver) -> None:
        assert chat.app.theme == "gruvbox"
        chat.app.post_message(TerminalBackground(light=True))
        await chat.pilot.pause()
        assert chat.app.theme == "gruvbox"

    run(choose, tmp_path)
    run(look, tmp_path)


def test_the_theme_auto_follows_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORFGBG", "0;15")

    async def steps(chat: ChatDriver) -> None:
        assert chat.app.theme == "textual-light"
        chat.app.post_message(TerminalBackground(light=False))
        await chat.until(lambda: chat.app.theme == "textual-dark")

    run(steps, tmp_path)


class Alice(FullscreenPerson):
    """A person in the room of `testkit.at_terminal`."""

    def __init__(self, directory: Path, **environ: str) -> None:
        """Start the client with its files in a directory."""
        command = [sys.executable, "-m", "testkit.at_terminal", str(directory / "posts")]
        super().__init__("amqp://nobody", directory, columns=120, lines=30, command=command, **environ)


def test_the_client_asks_the_terminal_for_its_background_and_does_not_wait(tmp_path: Path) -> None:
    alice = Alice(tmp_path, COLORTERM="truecolor")
    alice.sees("● connected")
    assert QUESTION in alice.raw
    assert "48;2;216;216;216" not in alice.raw

    alice.types(LIGHT_ANSWER)

    alice.waits(lambda: "48;2;216;216;216" in alice.raw, "the background is light")
    alice.types("hello")
    alice.sees("hello")
    alice.presses("Ctrl+Q", "Ctrl+Q")
    alice.ends()


def test_what_was_set_at_a_terminal_is_there_at_the_next_start(tmp_path: Path) -> None:
    alice = Alice(tmp_path)
    alice.sees("● bob")
    alice.says("/set members off")
    alice.waits(lambda: not alice.shows("● bob"), "the members are hidden")
    alice.presses("Ctrl+Q", "Ctrl+Q")
    alice.ends()
    written = tmp_path / "posts.toml"
    assert written.read_text() == 'members = "off"\n'

    written.write_text(written.read_text() + "future = 1\n")
    again = Alice(tmp_path)
    again.sees("future")
    assert not again.shows("● bob")
    again.presses("Ctrl+Q", "Ctrl+Q")
    again.ends()
