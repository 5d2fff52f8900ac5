"""The transcript: its view does not jump, and it reports what a person does."""

import re
import unicodedata

import pytest
from textual.events import MouseScrollUp
from textual.pilot import Pilot
from textual.selection import SELECT_ALL

from chat_client.display import safe
from chat_client.events import MessageReceived, PresenceChanged
from chat_client.fullscreen.colours import name_colour
from chat_client.fullscreen.items import InfoLine
from chat_client.fullscreen.transcript_view import TranscriptView
from testkit.transcript_app import AT, SIZE, TranscriptApp, message, messages, rows, run_transcript


def wheel_up(view: TranscriptView) -> MouseScrollUp:
    return MouseScrollUp(view, 1, 1, 0, 0, 0, False, False, False)


def test_the_bottom_stays_in_view() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        for start in range(0, 100, 25):
            view.add(messages(start, start + 25))
            await pilot.pause()
            assert rows(view)[-1].endswith(f"message {start + 24}")
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert rows(view)[-1].endswith("message 99")
        await pilot.resize_terminal(90, 30)
        await pilot.pause()
        assert rows(view)[-1].endswith("message 99")
        assert view.new_below == 0

    run_transcript(steps)


def test_the_view_does_not_move_when_messages_are_added_below() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add(messages(0, 100))
        view.action_page_up()
        await pilot.pause()
        before = rows(view)

        view.add([*messages(100, 110), PresenceChanged(at=AT, user="carol", kind="left")])
        await pilot.pause()
        assert rows(view) == before
        assert view.new_below == 10
        assert app.count(TranscriptView.NewBelowChanged) == 1

        view.scroll_relative(y=view.size.height + 3, animate=False)
        await pilot.pause()
        assert view.new_below == 6
        view.action_scroll_end()
        await pilot.pause()
        assert view.new_below == 0
        assert app.count(TranscriptView.NewBelowChanged) == 3

    run_transcript(steps)


def test_older_messages_are_requested_once_and_added_without_a_jump() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add(messages(100, 200))
        await pilot.pause()
        assert app.count(TranscriptView.ReachedTop) == 0
        view.action_scroll_home()
        await pilot.pause()
        view.scroll_to(y=3, animate=False)
        await pilot.pause()
        assert app.count(TranscriptView.ReachedTop) == 1
        before = rows(view)

        view.add_older(messages(0, 100), more=True)
        await pilot.pause()
        assert rows(view) == before
        assert app.count(TranscriptView.ReachedTop) == 1
        view.action_scroll_home()
        await pilot.pause()
        assert app.count(TranscriptView.ReachedTop) == 2

        view.add_older([], more=False)
        view.action_scroll_home()
        await pilot.pause()
        assert rows(view)[0].strip() == "── the room begins here ──"
        assert app.count(TranscriptView.ReachedTop) == 2

    run_transcript(steps)


def test_the_date_moves_to_the_first_message_when_older_ones_are_added() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add(messages(0, 5))
        await pilot.pause()
        assert rows(view)[0].strip() == "── Sunday, 22 November 2026 ──"
        view.add_older(messages(-10, 0), more=True)
        await pilot.pause()
        assert ["──" in row for row in rows(view)] == [True] + [False] * 23

    run_transcript(steps)


def test_older_messages_are_requested_when_everything_fits() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        assert app.count(TranscriptView.ReachedTop) == 0
        view.add([message(0)])
        view.add([message(1)])
        await pilot.pause()
        assert app.count(TranscriptView.ReachedTop) == 1
        view.add_older(messages(-50, 0), more=True)
        await pilot.pause()
        assert rows(view)[-1].endswith("message 1")

    run_transcript(steps)


def test_the_top_of_the_view_stays_when_the_width_changes() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add([message(number, f"first{number} " + "word " * 20) for number in range(200)])
        view.scroll_to(y=view.max_scroll_y // 2, animate=False)
        await pilot.pause()
        top = next(y for y, row in enumerate(rows(view)) if "first" in row)
        first = re.findall(r"first\d+ ", rows(view)[top])
        view.scroll_relative(y=top, animate=False)
        await pilot.pause()
        for width in (64, 120, 62, 81):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            assert [word for row in rows(view) for word in re.findall(r"first\d+ ", row)][:1] == first

    run_transcript(steps)


def test_the_choice_survives_a_change_of_width() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add([message(number, f"first{number} " + "word " * 20) for number in range(200)])
        view.focus()
        await pilot.press(*["up"] * 5)
        for width in (50, 120):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            assert re.findall(r"first\d+", app.screen.get_selected_text() or "") == ["first194"]

    run_transcript(steps)


def test_a_selection_by_mouse_goes_when_the_width_changes() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add([message(number, "word " * 40) for number in range(5)])
        await pilot.pause()
        await pilot.double_click(view, offset=(27, 6))
        assert app.screen.get_selected_text() == "word"
        await pilot.resize_terminal(50, 24)
        await pilot.pause()
        assert app.screen.get_selected_text() is None

    run_transcript(steps)


def test_keys_and_the_wheel_scroll() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add(messages(0, 100))
        view.focus()
        await pilot.pause()
        end = view.scroll_offset.y
        await pilot.press("pageup")
        assert view.scroll_offset.y == end - view.size.height + 1
        await pilot.press("pagedown")
        assert view.scroll_offset.y == end
        await pilot.press("home")
        assert view.scroll_offset.y == 0
        await pilot.press("end")
        assert view.scroll_offset.y == end
        view.post_message(wheel_up(view))
        await pilot.pause()
        assert end - 5 < view.scroll_offset.y < end

    run_transcript(steps)


def test_a_click_on_a_link_reports_its_target() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add([message(0, "see https://example.org/x now")])
        await pilot.pause()
        at = rows(view)[1].index("https")
        await pilot.click(view, offset=(at - 2, 1))
        await pilot.click(view, offset=(at + 5, 1))
        assert [event.url for event in app.posted if isinstance(event, TranscriptView.LinkClicked)] == [
            "https://example.org/x"
        ]

    run_transcript(steps)


def test_posts_are_shown_and_counted_until_they_come_back_or_are_removed() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add(messages(0, 100))
        view.action_page_up()
        for sequence in (1, 2, 3):
            view.post(sequence, f"mine {sequence}", AT)
        await pilot.pause()
        assert rows(view)[-1].endswith("┊ mine 3")
        assert (view.pending, view.refused) == (3, [])

        view.delay(1)
        view.refuse(2, "too long")
        view.add([MessageReceived(at=AT, user="anna", text="mine 3", sequence=3)])
        await pilot.pause()
        assert [row.split("  ")[-1].strip() for row in rows(view)[-4:]] == [
            "anna │ mine 3",
            "… mine 1",
            "✗ mine 2",
            "* ✗ too long: F2 sends it again, F3 discards it",
        ]
        assert view.pending == 1
        assert [(post.text, post.reason) for post in view.refused] == [("mine 2", "too long")]
        assert view.pop_refused() == "mine 2"
        assert view.pop_refused() is None
        await pilot.pause()
        assert rows(view)[-1].endswith("… mine 1")

    run_transcript(steps)


def test_the_view_does_not_move_when_the_divider_goes() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add(messages(0, 10))
        view.mark_new()
        view.add(messages(10, 100))
        view.scroll_to(y=40, animate=False)
        await pilot.pause()
        before = rows(view)
        view.mark_new()
        await pilot.pause()
        assert rows(view) == before
        view.action_scroll_home()
        await pilot.pause()
        assert not any("new" in row for row in rows(view))

    run_transcript(steps)


def test_names_have_their_colour_on_dark_and_on_light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")  # the terminal of the tests may have 16 colours

    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.add([message(0)])
        for theme, dark in (("textual-dark", True), ("textual-light", False)):
            app.theme = theme
            await pilot.pause()
            name = next(part for part in view.render_line(1) if part.text.endswith("bob"))
            assert name.style is not None
            assert name.style.bold
            assert name.style.color is not None
            assert name.style.color.get_truecolor().hex.upper() == name_colour("bob", dark=dark)

    run_transcript(steps)


@pytest.mark.parametrize("size", [SIZE, (40, 12), (10, 5)])
def test_a_message_puts_no_control_characters_on_the_screen(size: tuple[int, int]) -> None:
    every = "".join(chr(code) for code in range(0x3000) if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp"))
    hostile = f"[bold red]x[/] [@click=app.bell]y[/] \x1b]0;title\x07 {every}"

    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add([message(0, hostile), message(1, hostile, user=hostile), InfoLine(AT, hostile)])
        view.post(1, hostile, AT)
        view.refuse(1, hostile)
        await pilot.pause()
        strips = [view.render_line(y) for y in range(view.size.height)]
        assert all(strip.text == safe(strip.text) for strip in strips)
        assert all(strip.cell_length == view.scrollable_content_region.width for strip in strips)
        text, _ = view.get_selection(SELECT_ALL) or ("", "")
        assert "[bold red]x[/] [@click=app.bell]y[/] ␛]0;title␇" in text

    run_transcript(steps, size)


def test_no_row_continues_below_the_scrollbar() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add([message(1, "word " * 40)])
        await pilot.pause()
        rows = [view.render_line(y) for y in range(view.size.height)]
        assert {row.cell_length for row in rows} == {view.scrollable_content_region.width} == {SIZE[0] - 1}

    run_transcript(steps)


def test_a_folded_message_opens_by_key_and_by_click_and_its_first_row_stays() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        said = "\n".join(f"line {number}." for number in range(1, 31))
        view.add([*messages(0, 50), message(50, said), *messages(51, 53)])
        await pilot.pause()
        hint = next(y for y, row in enumerate(rows(view)) if "… 10 more rows" in row)
        before = rows(view)[:hint]
        await pilot.click(view, offset=(30, hint - 1))
        assert rows(view)[:hint] == before
        await pilot.click(view, offset=(30, hint))
        await pilot.pause()
        assert rows(view)[:hint] == before
        assert [row[25:] for row in rows(view)[hint:]] == [
            f"line {at}." for at in range(21, 21 + view.size.height - hint)
        ]

        view.action_choose(0)
        await pilot.press("space")
        await pilot.pause()
        assert sum("… 10 more rows" in row for row in rows(view)) == 1
        await pilot.press("space")
        await pilot.pause()
        assert any(row.endswith("line 1.") for row in rows(view))
        assert not any("more rows" in row for row in rows(view))
        assert app.screen.get_selected_text() == said
        for width in (50, 120, 81):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            assert not any("more rows" in row for row in rows(view))

    run_transcript(steps)


@pytest.mark.parametrize("width", [81, 45])
def test_the_first_row_in_view_shows_whose_run_it_is(width: int) -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add([message(0, "start", "carol"), *(message(second, "word") for second in range(1, 60))])
        for top in (40, 20, 3):
            view.scroll_to(y=top, animate=False)
            await pilot.pause()
            assert re.match(r"15:36 +bob", rows(view)[0])
            assert not any("bob" in row for row in rows(view)[1:])

    run_transcript(steps, (width, 24))
