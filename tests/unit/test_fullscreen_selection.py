"""Selecting text of the transcript, and copying it as it was written."""

import pytest
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import SELECT_ALL, Selection

from chat_client.fullscreen.transcript_view import TranscriptView
from testkit.transcript_app import TranscriptApp, message, messages, rows, run_transcript


def test_selected_text_stays_the_same_while_messages_arrive() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add([message(0, "first " + "word " * 20 + "last"), message(60, "next")])
        await pilot.pause()
        at = rows(view)[1].index("first")
        await pilot.mouse_down(view, offset=(at, 1))
        await pilot.hover(view, offset=(at + 3, 3))
        await pilot.mouse_up(view, offset=(at + 3, 3))
        expected = "[15:36] bob: first " + "word " * 20 + "last\n[15:37] bob: next"
        assert app.screen.get_selected_text() == expected

        view.add(messages(100, 130))
        view.add_older(messages(-30, 0), more=True)
        await pilot.pause()
        assert app.screen.get_selected_text() == expected

    run_transcript(steps)


@pytest.mark.parametrize(("y", "word"), [(2, "text1"), (6, "text4")], ids=["above", "below"])
def test_a_selection_stays_when_the_divider_goes(y: int, word: str) -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add([message(number, f"text{number}") for number in range(3)])
        view.mark_new()
        view.add([message(number, f"text{number}") for number in range(3, 8)])
        await pilot.pause()
        await pilot.double_click(view, offset=(27, y))
        view.mark_new()
        await pilot.pause()
        assert app.screen.get_selected_text() == word

    run_transcript(steps)


def test_a_double_click_selects_a_word() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add([message(0, "漢字 hola, see https://example.org/x now")])
        await pilot.pause()
        await pilot.double_click(view, offset=(31, 1))
        assert app.screen.get_selected_text() == "hola,"
        await pilot.double_click(view, offset=(40, 1))
        assert app.screen.get_selected_text() == "https://example.org/x"
        await pilot.double_click(view, offset=(40, 10))
        assert app.screen.get_selected_text() is None

    run_transcript(steps)


def test_selecting_all_selects_the_whole_transcript() -> None:
    async def steps(view: TranscriptView, _pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add(messages(0, 100))
        text, ending = view.get_selection(SELECT_ALL) or ("", "")
        assert text.count("\n") == 100
        assert text.endswith("message 99")
        assert ending == "\n"
        selected = view.get_selection(Selection(Offset(25, 1), Offset(32, 1)))
        assert selected == ("message", "\n")

    run_transcript(steps)


def test_a_selection_is_highlighted_cell_by_cell() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add([message(0, "漢字 hola")])
        app.screen.selections = {view: Selection(Offset(26, 1), Offset(28, 1))}
        await pilot.pause()
        marked = app.screen.get_component_rich_style("screen--selection").bgcolor
        highlighted = [part.text for part in view.render_line(1) if part.style and part.style.bgcolor == marked]
        assert "".join(highlighted) == "字 "

    run_transcript(steps)
