"""The terminal's window shows news of the room: unread messages in its title, and mentions on the desktop."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.events import AppBlur, AppFocus

from chat_client.fullscreen import bell
from chat_client.fullscreen.app import ChatApp
from testkit.fake_session import ChatDriver, join_room, message

TITLE = "\x1b]2;#lobby · Tertulia\x07"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what the client writes to the terminal besides its screen."""
    monkeypatch.delenv("TMUX", raising=False)
    sequences: list[str] = []
    monkeypatch.setattr(ChatApp, "write", lambda _app, sequence: sequences.append(sequence))
    return sequences


def run(steps: Callable[[ChatDriver], Awaitable[None]], state: Path) -> None:
    async def session() -> None:
        async with join_room(state=state) as chat:
            await steps(chat)

    asyncio.run(session())


async def report(chat: ChatDriver, event: AppBlur | AppFocus) -> None:
    chat.app.post_message(event)
    await chat.pilot.pause()


def test_the_title_counts_what_arrives_while_the_person_is_away(written: list[str], tmp_path: Path) -> None:
    async def steps(chat: ChatDriver) -> None:
        assert written == [TITLE]
        await chat.emit(message("seen"))
        await report(chat, AppBlur())
        await chat.emit(message("one"), message("mine", "alice"))
        await chat.emit(message("two"))
        await report(chat, AppFocus())
        assert written[1:] == ["\x1b]2;(1) #lobby · Tertulia\x07", "\x1b]2;(2) #lobby · Tertulia\x07", TITLE]

    run(steps, tmp_path)


def test_the_title_counts_what_is_below_the_view(written: list[str], tmp_path: Path) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(*(message(f"line {number}") for number in range(100)))
        await chat.pilot.press("pageup")
        await chat.pilot.pause()
        await chat.emit(message("one"), message("two"))
        await chat.until(lambda: written[-1] == "\x1b]2;(2) #lobby · Tertulia\x07", "the title says so")
        await chat.pilot.press("ctrl+end")
        await chat.until(lambda: written[-1] == TITLE, "nothing is unread")

    run(steps, tmp_path)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("off", []),
        ("osc9", ["\x1b]9;#lobby bob: alice; look\x07"]),
        ("osc777", ["\x1b]777;notify;#lobby;bob: alice, look\x07"]),
    ],
)
def test_a_mention_is_shown_on_the_desktop_if_the_person_wants_it(
    kind: str, shown: list[str], written: list[str], tmp_path: Path
) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("hello"), message("alice; look"))
        await chat.emit(message("alice, again"))
        await report(chat, AppFocus())
        assert [each for each in written if not each.endswith(TITLE)] == shown

    (tmp_path / "settings.toml").write_text(f'notify = "{kind}"\nbell = "off"\n')
    run(steps, tmp_path)


def test_tmux_passes_a_notification_on(written: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("alice!"))
        assert written[1:] == ["\x1bPtmux;\x1b\x1b]9;#lobby bob: alice!\x07\x1b\\"]

    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    (tmp_path / "settings.toml").write_text('notify = "osc9"\n')
    run(steps, tmp_path)


def test_a_person_who_looks_at_the_chat_gets_no_notification(
    written: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "PAUSE_SECONDS", 0)

    async def steps(chat: ChatDriver) -> None:
        await report(chat, AppFocus())
        await chat.emit(message("alice!"))
        await report(chat, AppBlur())
        await chat.emit(message("alice?"))
        assert [each for each in written if each.startswith("\x1b]9")] == ["\x1b]9;#lobby bob: alice?\x07"]

    (tmp_path / "settings.toml").write_text('notify = "osc9"\n')
    run(steps, tmp_path)
