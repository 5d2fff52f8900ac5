"""The draft and the input history, from one run of the full-screen client to the next."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chat_client.fullscreen import draft_keeper
from chat_client.fullscreen.app import ChatApp
from chat_client.fullscreen.composer import Composer
from chat_client.fullscreen.run import exit_messages
from chat_client.room_memory import RoomMemory
from testkit.fake_session import ChatDriver, join_room

Steps = Callable[[ChatDriver, Composer], Awaitable[None]]


def run(state: Path, steps: Steps, *, crashed: bool = False) -> ChatApp:
    """Run steps in the room. A client that has crashed hard saves nothing at its end."""

    async def run_once() -> ChatApp:
        async with join_room(state=state) as chat:
            await steps(chat, chat.room.query_one(Composer))
        if not crashed:
            chat.app.save_draft()
        return chat.app

    return asyncio.run(run_once())


def kept(state: Path) -> RoomMemory:
    """Return what is in the state directory."""
    (path,) = (state / "rooms").glob("*.json")
    return RoomMemory(path)


def test_the_draft_and_the_history_are_there_at_the_next_start(tmp_path: Path) -> None:
    async def first(chat: ChatDriver, _composer: Composer) -> None:
        await chat.enter("said")
        await chat.pilot.press(*"not")

    async def second(chat: ChatDriver, composer: Composer) -> None:
        assert composer.text == "not"
        await chat.pilot.press("x", "up")
        assert composer.text == "said"

    run(tmp_path, first)
    run(tmp_path, second)


def test_a_draft_is_saved_soon_after_the_person_pauses(tmp_path: Path) -> None:
    async def steps(chat: ChatDriver, _composer: Composer) -> None:
        await chat.pilot.press(*"not")
        await chat.until(lambda: [*(tmp_path / "rooms").glob("*.json")], "there is a file")
        await chat.until(lambda: kept(tmp_path).draft == "not", "the draft is saved")

    run(tmp_path, steps, crashed=True)


def test_a_sent_text_is_no_draft_any_more(tmp_path: Path) -> None:
    async def steps(chat: ChatDriver, _composer: Composer) -> None:
        await chat.enter("said")

    run(tmp_path, steps)

    assert (kept(tmp_path).draft, kept(tmp_path).history) == ("", ("said",))


def test_a_draft_is_kept_while_an_old_text_is_shown(tmp_path: Path) -> None:
    async def steps(chat: ChatDriver, _composer: Composer) -> None:
        await chat.enter("said")
        await chat.pilot.press(*"not", "up")

    run(tmp_path, steps)

    assert kept(tmp_path).draft == "not"


def test_of_two_texts_that_were_not_sent_one_is_the_draft_and_one_in_the_history(tmp_path: Path) -> None:
    async def steps(chat: ChatDriver, _composer: Composer) -> None:
        await chat.enter("said")
        await chat.pilot.press(*"not", "up", "x")

    run(tmp_path, steps)

    assert (kept(tmp_path).draft, kept(tmp_path).history) == ("saidx", ("said", "not"))


def test_a_damaged_file_is_said_in_the_room(tmp_path: Path) -> None:
    async def first(chat: ChatDriver, _composer: Composer) -> None:
        await chat.pilot.press("x")

    async def second(chat: ChatDriver, composer: Composer) -> None:
        await chat.until(lambda: "your draft and input history could" in " ".join(chat.screen().split()), "it says so")
        assert composer.text == ""

    run(tmp_path, first)
    (path,) = (tmp_path / "rooms").glob("*.json")
    path.write_text("{")
    run(tmp_path, second)


def test_a_draft_that_cannot_be_saved_at_the_end_is_said_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_keeper, "SAVE_SECONDS", 1000)

    async def steps(chat: ChatDriver, _composer: Composer) -> None:
        (tmp_path / "rooms").write_text("in the way")
        await chat.pilot.press("x")

    (remark,) = exit_messages(run(tmp_path, steps))
    assert "cannot be kept" in remark


def test_a_state_directory_that_cannot_be_written_is_said_in_the_room(tmp_path: Path) -> None:
    (tmp_path / "rooms").write_text("in the way")

    async def steps(chat: ChatDriver, _composer: Composer) -> None:
        await chat.enter("said")
        await chat.until(lambda: "cannot be kept" in " ".join(chat.screen().split()), "it says so")
        assert chat.posted() == ["said"]

    run(tmp_path, steps)
