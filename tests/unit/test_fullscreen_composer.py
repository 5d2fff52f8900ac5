"""The composer, key by key."""

import pytest
from textual.events import Key
from textual.pilot import Pilot

from chat_wire.limits import MAX_LINES, MAX_TEXT
from testkit.composer_app import SCREEN_KEYS, ComposerApp, enter, notifications, paste, run_composer, type_in


def test_enter_submits_and_empties_the_composer() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "hola mundo")

        assert app.submitted == ["hola mundo"]
        assert app.composer.text == ""

    run_composer(steps)


def test_keys_that_arrive_together_keep_their_order() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        for key in ("a", "b", "backspace", "c", "left", "x", "enter"):
            pilot.app.post_message(Key(key, key if len(key) == 1 else None))
        await pilot.pause()

        assert app.submitted == ["axc"]

    run_composer(steps)


def test_enter_does_not_submit_a_blank_text() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await pilot.press("enter", "space", "ctrl+j", "enter")

        assert app.submitted == []

    run_composer(steps)


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter"])
def test_a_key_inserts_a_line_break(key: str) -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await pilot.press("a", key, "b", "enter")

        assert app.submitted == ["a\nb"]

    run_composer(steps)


def test_the_composer_grows_up_to_eight_rows_and_shrinks_when_submitted() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        heights = []
        for _row in range(10):
            await pilot.press("a", "ctrl+j")
            heights.append(app.composer.content_size.height)

        assert heights == [2, 3, 4, 5, 6, 7, 8, 8, 8, 8]
        await pilot.press("b", "enter")
        assert app.composer.content_size.height == 1

    run_composer(steps)


def test_a_long_line_is_wrapped_within_the_input() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await paste(pilot, "palabra " * 15)
        await pilot.pause()

        assert app.composer.content_size.height > 1
        await pilot.resize_terminal(80 * 3, 24)
        await pilot.pause()
        assert app.composer.content_size.height == 1

    run_composer(steps, size=(40, 12))


def test_an_empty_composer_shows_a_hint() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        assert "Type a message, or /help" in app.composer.render_line(0).text
        await pilot.press("a")
        assert "Type a message" not in app.composer.render_line(0).text

    run_composer(steps)


def test_tab_completes_a_command_and_its_argument() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await type_in(pilot, "/b")
        await pilot.press("tab")
        assert app.composer.text == "/bell "
        await pilot.press("m", "tab", "enter")

        assert app.submitted == ["/bell mention"]
        assert app.focused is app.composer

    run_composer(steps)


def test_tab_cycles_through_the_names_and_the_typed_text() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        app.composer.names = ["Alice", "bob", "albert"]
        await type_in(pilot, "al")
        shown = []
        for key in ("tab", "tab", "tab", "shift+tab"):
            await pilot.press(key)
            shown.append(app.composer.text)

        assert shown == ["albert: ", "Alice: ", "al", "Alice: "]

    run_composer(steps)


def test_a_key_after_tab_starts_another_completion() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        app.composer.names = ["Alice", "bob", "albert"]
        await pilot.press("a", "tab", "b", "tab")
        assert app.composer.text == "albert: bob "
        await pilot.press("home", "x", "end", "a", "tab", "tab")

        assert app.composer.text == "xalbert: bob Alice "

    run_composer(steps)


def test_tab_completes_before_the_cursor_in_the_middle_of_lines() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        app.composer.names = ["Alice"]
        await pilot.press("a", "ctrl+j", "h", "space", "b", "left", "a", "tab")

        assert app.composer.text == "a\nh Alice b"

    run_composer(steps)


def test_up_and_down_walk_the_history_and_keep_the_draft() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "one", "two", "two")
        await type_in(pilot, "draft")
        shown = []
        for key in ("up", "up", "up", "down", "down", "down"):
            await pilot.press(key)
            shown.append(app.composer.text)

        assert shown == ["two", "one", "one", "two", "draft", "draft"]

    run_composer(steps)


def test_up_and_down_move_within_several_rows_first() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "before")
        await pilot.press("a", "ctrl+j", "b", "up")
        assert app.composer.text == "a\nb"
        await pilot.press("up")
        assert app.composer.text == "before"
        await pilot.press("down", "up", "x", "down", "y", "enter")

        assert app.submitted[1:] == ["ax\nby"]

    run_composer(steps)


def test_an_earlier_text_can_be_changed_and_submitted_again() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "hola")
        await pilot.press("up", "exclamation_mark", "enter")

        assert app.submitted == ["hola", "hola!"]

    run_composer(steps)


@pytest.mark.parametrize(
    ("length", "subtitle"), [(3895, ""), (3896, "200 left"), (4096, "0 left"), (4097, "1 too many")]
)
def test_near_the_limit_the_composer_shows_how_many_characters_are_left(length: int, subtitle: str) -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await paste(pilot, "x" * (length - 1))
        await pilot.press("y")

        assert app.composer.border_subtitle == subtitle

    run_composer(steps)


def test_too_long_a_text_is_not_submitted_and_stays() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await paste(pilot, "x" * MAX_TEXT)
        await pilot.press("y", "enter")
        assert app.submitted == []
        assert len(notifications(app)) == 1

        await pilot.press("backspace", "enter")
        assert app.submitted == ["x" * MAX_TEXT]
        assert app.composer.border_subtitle == ""

    run_composer(steps)


def test_too_many_lines_are_shown_and_not_submitted() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        app.composer.insert("x\n" * MAX_LINES + "y")
        await pilot.press("enter")
        assert app.submitted == []
        assert app.composer.border_subtitle == "1 line too many"
        assert notifications(app) == ["The message has 201 lines, at most 200 are allowed: split it."]

        await pilot.press("backspace", "backspace", "enter")
        assert len(app.submitted) == 1

    run_composer(steps)


@pytest.mark.parametrize("key", SCREEN_KEYS)
def test_the_composer_leaves_the_keys_of_the_screen_alone(key: str) -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await type_in(pilot, "hola")
        await pilot.press(key)

        assert app.noted == [key]
        assert app.composer.text == "hola"

    run_composer(steps)


def test_the_command_palette_opens_over_the_composer() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+p")

        assert type(app.screen).__name__ == "CommandPalette"

    run_composer(steps)


def test_control_d_asks_to_leave_only_in_an_empty_composer() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await pilot.press("a", "b", "home", "ctrl+d")
        assert (app.composer.text, app.noted) == ("b", [])
        await pilot.press("ctrl+d", "ctrl+d")

        assert (app.composer.text, app.noted) == ("", ["leave"])

    run_composer(steps)


def test_control_c_copies_the_selection() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await type_in(pilot, "hola")
        await pilot.press("shift+left", "shift+left", "ctrl+c")

        assert app.clipboard == "la"
        assert app.composer.text == "hola"

    run_composer(steps)


def test_the_cursor_does_not_blink() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await pilot.press("a")

        assert not app.composer.cursor_blink

    run_composer(steps)


def test_undoing_a_paste_higher_than_the_composer_gives_the_text_before_back() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await type_in(pilot, "hola")
        await paste(pilot, "line\n" * 9 + "end")
        await pilot.press("ctrl+underscore")
        assert app.composer.text == "hola"

        await type_in(pilot, "!")
        assert app.composer.text == "hola!"

    run_composer(steps)
