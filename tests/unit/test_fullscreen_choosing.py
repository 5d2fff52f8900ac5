"""Messages chosen by key and texts selected by mouse: copying, opening links, and typing on."""

import sys
import webbrowser

import pytest
from textual.events import AppBlur, AppFocus, Paste
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from chat_client import events
from chat_client.fullscreen.transcript_view import TranscriptView
from testkit.fake_session import ChatDriver, message, run_in_room
from testkit.picture import picture
from testkit.transcript_app import AT, TranscriptApp, run_transcript


def test_a_message_is_chosen_and_copied_by_keys_and_the_person_types_on() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("first words"), message("second words"))
        await chat.pilot.press("f6", "up", "ctrl+c")
        assert "first words" in chat.app.clipboard
        assert "second words" not in chat.app.clipboard
        await chat.enter("and on")
        assert chat.posted() == ["and on"]

    run_in_room(steps)


@pytest.fixture
def opened_urls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the links that the desktop's browser opens. It fails for those that contain "never"."""
    urls: list[str] = []

    def open_url(url: str) -> bool:
        urls.append(url)
        return "never" not in url

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", open_url)
    return urls


def test_the_link_of_the_chosen_message_opens(opened_urls: list[str]) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("see https://example.org/a now"))
        await chat.pilot.press("f6", "enter", "escape")
        await chat.until(lambda: opened_urls, "the link opens")
        assert opened_urls == ["https://example.org/a"]
        await chat.enter("seen")
        assert chat.posted() == ["seen"]

    run_in_room(steps)


def test_the_link_of_a_search_result_opens(opened_urls: list[str]) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.enter("/search see")
        found = message("see https://example.org/b now")
        await chat.emit(events.SearchListed(words="see", messages=(found,), more=False))
        view = chat.app.screen.query_one("#results")
        row = next(row for row in range(view.size.height) if "https" in view.render_line(row).text)
        column = view.render_line(row).text.index("https")
        await chat.pilot.click(view, offset=(column + 3, row + 1))
        await chat.until(lambda: opened_urls == ["https://example.org/b"], "the link opens")

    run_in_room(steps)


def test_a_link_is_copied_when_no_browser_opens_it(opened_urls: list[str]) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("see https://example.org/never[b] now"))
        await chat.pilot.press("f6", "enter")
        await chat.until(lambda: chat.app.clipboard, "the link is copied")
        assert chat.app.clipboard == opened_urls[0] == "https://example.org/never[b]"
        await chat.until(lambda: "never[b]" in picture(chat.app), "it says so")

    run_in_room(steps)


def test_on_a_terminal_without_a_desktop_a_link_is_copied(
    opened_urls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("see https://example.org/a now"))
        await chat.pilot.press("f6", "enter")
        await chat.until(lambda: chat.app.clipboard == "https://example.org/a", "the link is copied")
        assert opened_urls == []

    run_in_room(steps)


def test_a_paste_while_a_message_is_chosen_goes_to_the_composer() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.pilot.press("f6")
        chat.app.post_message(Paste("pasted"))
        await chat.pilot.pause()
        await chat.pilot.press("enter")
        await chat.until(lambda: chat.posted() == ["pasted"], "it is sent")

    run_in_room(steps, message("hello"))


def test_the_choice_survives_a_loss_of_focus_of_the_terminal() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("first words"), message("second words"), message("third words"))
        await chat.pilot.press("f6", "up", "up")
        for event in (AppBlur(), AppFocus()):
            chat.app.post_message(event)
            await chat.pilot.pause()
        await chat.pilot.press("ctrl+c")
        assert "first words" in chat.app.clipboard
        assert "third words" not in chat.app.clipboard

    run_in_room(steps)


def test_a_selection_by_mouse_is_copied_while_the_composer_keeps_the_focus() -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(message("copy these words"))
        view = chat.room.query_one("#transcript")
        row = next(y for y in range(view.size.height) if "copy these words" in view.render_line(y).text)
        await chat.pilot.mouse_down(view, offset=(2, row))
        await chat.pilot.hover(view, offset=(50, row))
        await chat.pilot.mouse_up(view, offset=(50, row))
        await chat.pilot.press("ctrl+c")
        assert "copy these words" in chat.app.clipboard
        await chat.enter("done")
        assert chat.posted() == ["done"]

    run_in_room(steps)


def test_a_folded_message_of_the_room_and_of_a_search_opens_by_f6_and_space() -> None:
    async def steps(chat: ChatDriver) -> None:
        tall = message("\n".join(f"line {number}." for number in range(1, 31)))
        await chat.emit(tall)
        assert "… 10 more rows: F6 Space opens them" in chat.screen()
        await chat.pilot.press("f6", "space")
        await chat.pilot.pause()
        assert "more rows" not in chat.screen()
        await chat.pilot.press("ctrl+c")
        assert chat.app.clipboard == tall.text
        await chat.until(lambda: "copied" in picture(chat.app), "it says so")

        await chat.enter("/search line")
        await chat.emit(events.SearchListed(words="line", messages=(tall,), more=False))
        await chat.pilot.press("up")
        view = chat.app.screen.query_one(TranscriptView)
        folded = view.virtual_size.height
        await chat.pilot.press("space")
        await chat.until(lambda: view.virtual_size.height == folded + 9, "it opens")

    run_in_room(steps)


def test_a_selected_post_that_is_gone_is_not_copied() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add([message("hello")])
        view.post(1, "mine", AT)
        view.refuse(1, "too long")
        await pilot.pause()
        last = view._conversation.height - 1
        app.screen.selections = {view: Selection(Offset(0, last), Offset(5, last))}
        view.pop_refused()
        await pilot.pause()

        assert not app.screen.get_selected_text()

    run_transcript(steps)
