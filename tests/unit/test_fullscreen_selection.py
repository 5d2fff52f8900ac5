"""Text of the transcript is selected, and copied as it was said."""

import pytest
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import SELECT_ALL, Selection

from chat_client.fullscreen.transcript_view import TranscriptView
from testkit.transcripts import Room, in_a_room, many, rows, said


def test_selected_text_is_what_was_said_also_while_more_comes_in() -> None:
    async def doing(view: TranscriptView, pilot: Pilot[None], room: Room) -> None:
        view.add([said(0, "first " + "word " * 20 + "last"), said(60, "next")])
        await pilot.pause()
        at = rows(view)[1].index("first")
        await pilot.mouse_down(view, offset=(at, 1))
        await pilot.hover(view, offset=(at + 3, 3))
        await pilot.mouse_up(view, offset=(at + 3, 3))
        expected = "first " + "word " * 20 + "last\n15:37                  │ next"
        assert room.screen.get_selected_text() == expected

        view.add(many(100, 130))
        view.add_older(many(-30, 0), more=True)
        await pilot.pause()
        assert room.screen.get_selected_text() == expected

    in_a_room(doing)


@pytest.mark.parametrize(("y", "word"), [(2, "text1"), (6, "text4")], ids=["above", "below"])
def test_what_is_selected_stays_so_when_the_line_above_what_was_new_goes(y: int, word: str) -> None:
    async def doing(view: TranscriptView, pilot: Pilot[None], room: Room) -> None:
        view.add([said(number, f"text{number}") for number in range(3)])
        view.mark_new()
        view.add([said(number, f"text{number}") for number in range(3, 8)])
        await pilot.pause()
        await pilot.double_click(view, offset=(27, y))
        view.mark_new()
        await pilot.pause()
        assert room.screen.get_selected_text() == word

    in_a_room(doing)


def test_a_double_click_selects_a_word() -> None:
    async def doing(view: TranscriptView, pilot: Pilot[None], room: Room) -> None:
        view.add([said(0, "漢字 hola, see https://example.org/x now")])
        await pilot.pause()
        await pilot.double_click(view, offset=(31, 1))
        assert room.screen.get_selected_text() == "hola,"
        await pilot.double_click(view, offset=(40, 1))
        assert room.screen.get_selected_text() == "https://example.org/x"
        await pilot.double_click(view, offset=(40, 10))
        assert room.screen.get_selected_text() is None

    in_a_room(doing)


def test_a_selection_of_all_is_the_whole_transcript() -> None:
    async def doing(view: TranscriptView, _pilot: Pilot[None], _room: Room) -> None:
        view.add(many(0, 100))
        text, ending = view.get_selection(SELECT_ALL) or ("", "")
        assert text.count("\n") == 100
        assert text.endswith("message 99")
        assert ending == "\n"
        selected = view.get_selection(Selection(Offset(25, 1), Offset(32, 1)))
        assert selected == ("message", "\n")

    in_a_room(doing)


def test_a_selection_is_highlighted_cell_by_cell() -> None:
    async def doing(view: TranscriptView, pilot: Pilot[None], room: Room) -> None:
        view.add([said(0, "漢字 hola")])
        room.screen.selections = {view: Selection(Offset(26, 1), Offset(28, 1))}
        await pilot.pause()
        marked = room.screen.get_component_rich_style("screen--selection").bgcolor
        highlighted = [part.text for part in view.render_line(1) if part.style and part.style.bgcolor == marked]
        assert "".join(highlighted) == "字 "

    in_a_room(doing)
