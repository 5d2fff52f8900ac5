"""A message is chosen by keys, or its text by the mouse: it is copied, its link opens, and typing goes on."""

import sys
import webbrowser

import pytest
from textual.events import AppBlur, AppFocus, Paste

from chat_client import events
from testkit.fake_session import Scene, in_the_room, said
from testkit.picture import picture


def test_a_message_is_chosen_and_copied_by_keys_and_typing_goes_on() -> None:
    async def play(scene: Scene) -> None:
        await scene.tell(said("first words"), said("second words"))
        await scene.pilot.press("f6", "up", "ctrl+c")
        assert "first words" in scene.app.clipboard
        assert "second words" not in scene.app.clipboard
        await scene.enter("and on")
        assert scene.posted() == ["and on"]

    in_the_room(play)


@pytest.fixture
def opened_urls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a desktop's browser is told to open; it can open all but what has "never" in it."""
    urls: list[str] = []

    def open_url(url: str) -> bool:
        urls.append(url)
        return "never" not in url

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", open_url)
    return urls


def test_the_link_of_the_message_that_is_chosen_opens(opened_urls: list[str]) -> None:
    async def play(scene: Scene) -> None:
        await scene.tell(said("see https://example.org/a now"))
        await scene.pilot.press("f6", "enter", "escape")
        await scene.until(lambda: opened_urls, "the link opens")
        assert opened_urls == ["https://example.org/a"]
        await scene.enter("seen")
        assert scene.posted() == ["seen"]

    in_the_room(play)


def test_the_link_of_a_message_that_was_found_opens(opened_urls: list[str]) -> None:
    async def play(scene: Scene) -> None:
        await scene.enter("/search see")
        found = said("see https://example.org/b now")
        await scene.tell(events.SearchListed(words="see", messages=(found,), more=False))
        await scene.pilot.press("up", "enter")
        await scene.until(lambda: opened_urls == ["https://example.org/b"], "the link opens")

    in_the_room(play)


def test_a_link_that_nothing_opens_is_copied(opened_urls: list[str]) -> None:
    async def play(scene: Scene) -> None:
        await scene.tell(said("see https://example.org/never[b] now"))
        await scene.pilot.press("f6", "enter")
        await scene.until(lambda: scene.app.clipboard, "the link is copied")
        assert scene.app.clipboard == opened_urls[0] == "https://example.org/never[b]"
        await scene.until(lambda: "never[b]" in picture(scene.app), "it says so")

    in_the_room(play)


def test_on_a_terminal_without_a_desktop_a_link_is_copied(
    opened_urls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    async def play(scene: Scene) -> None:
        await scene.tell(said("see https://example.org/a now"))
        await scene.pilot.press("f6", "enter")
        await scene.until(lambda: scene.app.clipboard == "https://example.org/a", "the link is copied")
        assert opened_urls == []

    in_the_room(play)


def test_what_is_pasted_while_a_message_is_chosen_is_typed() -> None:
    async def play(scene: Scene) -> None:
        await scene.pilot.press("f6")
        scene.app.post_message(Paste("pasted"))
        await scene.pilot.pause()
        await scene.pilot.press("enter")
        await scene.until(lambda: scene.posted() == ["pasted"], "it is sent")

    in_the_room(play, said("hello"))


def test_the_message_that_is_chosen_is_still_so_when_the_terminal_is_looked_at_again() -> None:
    async def play(scene: Scene) -> None:
        await scene.tell(said("first words"), said("second words"), said("third words"))
        await scene.pilot.press("f6", "up", "up")
        for event in (AppBlur(), AppFocus()):
            scene.app.post_message(event)
            await scene.pilot.pause()
        await scene.pilot.press("ctrl+c")
        assert "first words" in scene.app.clipboard
        assert "third words" not in scene.app.clipboard

    in_the_room(play)


def test_what_the_mouse_selects_is_copied_while_the_cursor_stays_in_the_input() -> None:
    async def play(scene: Scene) -> None:
        await scene.tell(said("copy these words"))
        view = scene.room.query_one("#transcript")
        row = next(y for y in range(view.size.height) if "copy these words" in view.render_line(y).text)
        await scene.pilot.mouse_down(view, offset=(2, row))
        await scene.pilot.hover(view, offset=(50, row))
        await scene.pilot.mouse_up(view, offset=(50, row))
        await scene.pilot.press("ctrl+c")
        assert "copy these words" in scene.app.clipboard
        await scene.enter("done")
        assert scene.posted() == ["done"]

    in_the_room(play)
