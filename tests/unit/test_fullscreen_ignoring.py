"""Hidden messages in the transcript: they take no rows, are not chosen, and come back."""

import asyncio
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from chat_client import events
from chat_client.events import MessageReceived
from chat_client.fullscreen.transcript_view import TranscriptView
from chat_client.preferences import Preferences
from testkit.fake_session import ChatDriver, join_room, message
from testkit.transcript_app import AT, TranscriptApp, rows, run_transcript


def said(number: int, user: str) -> MessageReceived:
    return MessageReceived(at=AT + number * 1_000_000, user=user, text=f"{user} says {number}")


def shown(view: TranscriptView) -> str:
    return "\n".join(rows(view))


def test_messages_of_an_ignored_person_go_and_come_back() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add([said(number, "EVE" if number % 2 else "bob") for number in range(10)])
        view.prefer(Preferences(ignore=("eve",)))
        await pilot.pause()
        assert "EVE" not in shown(view)
        assert "bob says 8" in shown(view)
        view.add([said(11, "eve"), said(12, "bob")])
        assert "eve" not in shown(view)

        view.prefer(Preferences())

        assert "EVE says 9" in shown(view)
        assert "eve says 11" in shown(view)

    run_transcript(steps)


def test_a_hidden_message_is_neither_chosen_nor_counted_as_new() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.prefer(Preferences(ignore=("eve",)))
        view.add(
            [said(0, "bob"), *(said(number, "eve") for number in range(1, 600)), said(600, "bob"), said(601, "eve")]
        )
        view.focus()
        await pilot.press("up", "down", "up")
        await pilot.pause()
        assert app.screen.get_selected_text() is not None
        assert "bob says 0" in str(app.screen.get_selected_text())

        view.add([said(number, "bob") for number in range(700, 800)])
        view.scroll_to(y=0, animate=False)
        await pilot.pause()
        before = view.new_below
        view.add([said(900, "eve"), said(901, "bob")])

        assert view.new_below == before + 1

    run_transcript(steps)


def test_a_transcript_of_hidden_messages_only_is_empty_and_goes_on() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.prefer(Preferences(ignore=("eve",)))
        view.add_older([said(number, "eve") for number in range(600)], more=True)
        view.focus()
        await pilot.press("up", "pageup", "end")
        await pilot.resize_terminal(60, 20)
        await pilot.pause()

        view.add([said(700, "bob")])

        assert "bob says 700" in shown(view)

    run_transcript(steps)


def test_a_highlighted_word_of_somebody_else_looks_like_a_mention() -> None:
    async def steps(view: TranscriptView, _pilot: Pilot[None], _app: TranscriptApp) -> None:
        texts = [("bob", "deploy now"), ("bob", "deployed"), ("anna", "deploy")]
        view.add([MessageReceived(at=AT, user=user, text=text) for user, text in texts])

        view.prefer(Preferences(highlight=("Deploy",)))

        assert [line for line in shown(view).splitlines() if "┃" in line] == [
            line for line in shown(view).splitlines() if "deploy now" in line
        ]

    run_transcript(steps)


def test_the_room_hides_an_ignored_person_everywhere_and_in_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[None] = []
    monkeypatch.setattr(App, "bell", lambda _app: rung.append(None))

    async def first(chat: ChatDriver) -> None:
        await chat.emit(message("hola", "Eve"))
        await chat.enter("/ignore eve")
        assert "you do not see what eve says" in chat.screen()
        assert "hola" not in chat.screen()
        await chat.emit(message("alice!", "Eve"), message("hello", "bob"))
        assert "alice!" not in chat.screen()
        assert not rung

    async def second(chat: ChatDriver) -> None:
        assert "hola" not in chat.screen()
        await chat.enter("/search hola")
        found = (message("hola", "Eve"), message("hola", "bob"))
        await chat.emit(events.SearchListed(words="hola", messages=found, more=False))
        await chat.until(lambda: "bob" in chat.screen(), "the list of results is open")
        assert "Eve" not in chat.screen()
        await chat.pilot.press("escape")
        await chat.enter("/unignore EVE")
        assert "hola" in chat.screen()

    async def run() -> None:
        async with join_room(state=tmp_path) as chat:
            await first(chat)
        async with join_room(message("hola", "Eve"), state=tmp_path) as chat:
            await second(chat)

    asyncio.run(run())


def test_a_highlighted_word_rings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[None] = []
    monkeypatch.setattr(App, "bell", lambda _app: rung.append(None))
    (tmp_path / "settings.toml").write_text('highlight = ["deploy"]\n')

    async def run() -> None:
        async with join_room(state=tmp_path) as chat:
            await chat.emit(message("deployed"))
            assert not rung
            await chat.emit(message("Deploy, please"))
            assert len(rung) == 1

    asyncio.run(run())
