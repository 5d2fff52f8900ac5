"""Pasting into the composer."""

import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.widgets import Static

from chat_client.fullscreen.paste import PasteScreen
from chat_wire.limits import MAX_LINES, MAX_TEXT
from testkit.composer_app import ComposerApp, notifications, paste, run_composer, type_in


def test_a_paste_of_several_lines_is_part_of_one_message() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await pilot.press("a")
        await paste(pilot, "one\r\ntwo\rthree\n\n\tfour\n")
        await pilot.press("b", "enter")

        assert app.submitted == ["aone\ntwo\nthree\n\n\tfourb"]

    run_composer(steps)


def test_a_paste_replaces_the_selection() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await type_in(pilot, "hola")
        await pilot.press("shift+left", "shift+left")
        await paste(pilot, "y")

        assert app.composer.text == "hoy"

    run_composer(steps)


def test_a_paste_has_no_control_characters() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await paste(pilot, "\x1b]0;title\x07\x9b31m[b]\u202e")

        assert app.composer.text == "␛]0;title␇�31m[b]�"

    run_composer(steps)


def lines(number: int) -> str:
    """Return a text of `number` lines."""
    return "\n".join(map(str, range(number)))


def test_ten_lines_are_pasted_without_a_question() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await paste(pilot, lines(10) + "\n")

        assert app.composer.text == lines(10)

    run_composer(steps)


@pytest.mark.parametrize(("key", "text"), [("enter", lines(14)), ("escape", "")])
def test_more_lines_are_pasted_once_the_person_confirms(key: str, text: str) -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await paste(pilot, lines(14))
        await pilot.pause()
        assert isinstance(app.screen, PasteScreen)
        question = app.screen.query_one(Static).content
        assert question == "Paste 14 lines as one message? Enter: yes, Esc: no"
        assert app.composer.text == ""

        await pilot.press(key)
        assert app.composer.text == text
        assert app.submitted == []
        assert app.focused is app.composer

    run_composer(steps)


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        (("enter", "enter"), lines(14) + "b" + lines(12) + "cd"),
        (("escape", "enter"), "b" + lines(12) + "cd"),
        (("enter", "escape"), lines(14) + "bcd"),
    ],
)
def test_what_is_typed_and_pasted_while_a_question_is_open_comes_after_it(answers: tuple[str, str], text: str) -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        # The first four arrive before the question is on the screen.
        for event in (Paste(lines(14)), Key("b", "b"), Paste(lines(12)), Key("c", "c")):
            app.post_message(event)
        await pilot.pause()
        assert isinstance(app.screen, PasteScreen)
        await pilot.press("x", "backspace", "d")
        for answer in answers:
            await pilot.press(answer)
            await pilot.pause()

        assert app.composer.text == text
        assert app.submitted == []

    run_composer(steps)


def test_a_short_paste_waits_for_the_question_about_one_before() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        app.post_message(Paste(lines(14)))
        await pilot.pause()
        app.post_message(Paste("after"))
        await pilot.press("enter", "z")
        await pilot.pause()

        assert app.composer.text == lines(14) + "afterz"

    run_composer(steps)


def test_keys_work_after_a_question_that_was_closed_without_an_answer() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await paste(pilot, lines(14))
        await pilot.press("a")
        await app.pop_screen()
        await pilot.press("b")
        await pilot.pause()

        assert app.composer.text == "ab"

    run_composer(steps)


def test_text_copied_in_the_composer_is_pasted_by_the_same_rules() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        app.copy_to_clipboard(lines(14))
        await pilot.press("ctrl+v")
        await pilot.pause()

        assert isinstance(app.screen, PasteScreen)

    run_composer(steps)


def test_too_long_a_paste_is_refused_with_its_length() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await paste(pilot, "x" * (MAX_TEXT + 1))

        assert app.composer.text == ""
        assert notifications(app) == ["The pasted text has 4,097 characters, at most 4,096 are allowed in a message."]

    run_composer(steps)


def test_a_paste_of_too_many_lines_is_refused_and_the_draft_stays() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await type_in(pilot, "ab")
        await paste(pilot, lines(MAX_LINES + 1))

        assert app.composer.text == "ab"
        assert notifications(app) == ["The pasted text has 201 lines, at most 200 are allowed in a message."]

    run_composer(steps)


def test_the_end_of_a_long_paste_is_visible() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await paste(pilot, lines(10))
        await paste(pilot, "x" * 4000 + "end")
        await pilot.pause()

        assert "end" in app.composer.render_line(7).text

    run_composer(steps, size=(40, 12))
