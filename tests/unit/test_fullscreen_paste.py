"""What is pasted into the input of the full-screen client."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from chat_client.fullscreen.paste import PasteScreen
from chat_wire.limits import MAX_TEXT
from testkit.desk import Desk, at_desk, notices, paste, type_in


def test_a_paste_of_several_lines_is_part_of_one_message() -> None:
    async def steps(desk: Desk, pilot: Pilot[None]) -> None:
        await pilot.press("a")
        await paste(pilot, "one\r\ntwo\rthree\n\n\tfour\n")
        await pilot.press("b", "enter")

        assert desk.submitted == ["aone\ntwo\nthree\n\n\tfourb"]

    at_desk(steps)


def test_a_paste_replaces_what_is_selected() -> None:
    async def steps(desk: Desk, pilot: Pilot[None]) -> None:
        await type_in(pilot, "hola")
        await pilot.press("shift+left", "shift+left")
        await paste(pilot, "y")

        assert desk.composer.text == "hoy"

    at_desk(steps)


def test_nothing_pasted_is_obeyed_by_the_terminal() -> None:
    async def steps(desk: Desk, pilot: Pilot[None]) -> None:
        await paste(pilot, "\x1b]0;title\x07\x9b31m[b]\u202e")

        assert desk.composer.text == "␛]0;title␇�31m[b]�"

    at_desk(steps)


def lines(number: int) -> str:
    """A text of so many lines."""
    return "\n".join(map(str, range(number)))


def test_ten_lines_are_pasted_without_a_question() -> None:
    async def steps(desk: Desk, pilot: Pilot[None]) -> None:
        await paste(pilot, lines(10) + "\n")

        assert desk.composer.text == lines(10)

    at_desk(steps)


@pytest.mark.parametrize(("key", "text"), [("enter", lines(14)), ("escape", "")])
def test_more_lines_are_pasted_when_the_person_says_so(key: str, text: str) -> None:
    async def steps(desk: Desk, pilot: Pilot[None]) -> None:
        await paste(pilot, lines(14))
        await pilot.pause()
        assert isinstance(desk.screen, PasteScreen)
        question = desk.screen.query_one(Static).content
        assert question == "Paste 14 lines as one message? Enter yes, Escape no"
        assert desk.composer.text == ""

        await pilot.press(key)
        assert desk.composer.text == text
        assert desk.submitted == []
        assert desk.focused is desk.composer

    at_desk(steps)


def test_what_is_copied_in_the_input_is_pasted_by_the_same_rules() -> None:
    async def steps(desk: Desk, pilot: Pilot[None]) -> None:
        desk.copy_to_clipboard(lines(14))
        await pilot.press("ctrl+v")
        await pilot.pause()

        assert isinstance(desk.screen, PasteScreen)

    at_desk(steps)


def test_too_long_a_paste_is_refused_with_its_length() -> None:
    async def steps(desk: Desk, pilot: Pilot[None]) -> None:
        await paste(pilot, "x" * (MAX_TEXT + 1))

        assert desk.composer.text == ""
        assert notices(desk) == ["What you paste has 4,097 characters, at most 4,096 go into one message."]

    at_desk(steps)


def test_the_end_of_a_long_paste_is_on_the_screen() -> None:
    async def steps(desk: Desk, pilot: Pilot[None]) -> None:
        await paste(pilot, lines(10))
        await paste(pilot, "x" * 4000 + "end")
        await pilot.pause()

        assert "end" in desk.composer.render_line(7).text

    at_desk(steps, size=(40, 12))
