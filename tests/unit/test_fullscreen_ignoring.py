"""Hidden messages in the transcript: they take no rows, are not chosen, and come back."""

from textual.pilot import Pilot

from chat_client.events import MessageReceived
from chat_client.fullscreen.transcript_view import TranscriptView
from testkit.transcript_app import AT, TranscriptApp, rows, run_transcript


def said(number: int, user: str) -> MessageReceived:
    return MessageReceived(at=AT + number * 1_000_000, user=user, text=f"{user} says {number}")


def shown(view: TranscriptView) -> str:
    return "\n".join(rows(view))


def test_messages_of_an_ignored_person_go_and_come_back() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], _app: TranscriptApp) -> None:
        view.add([said(number, "EVE" if number % 2 else "bob") for number in range(10)])
        view.prefer(ignored=frozenset({"eve"}), highlights=())
        await pilot.pause()
        assert "EVE" not in shown(view)
        assert "bob says 8" in shown(view)
        view.add([said(11, "eve"), said(12, "bob")])
        assert "eve" not in shown(view)

        view.prefer(ignored=frozenset(), highlights=())

        assert "EVE says 9" in shown(view)
        assert "eve says 11" in shown(view)

    run_transcript(steps)


def test_a_hidden_message_is_neither_chosen_nor_counted_as_new() -> None:
    async def steps(view: TranscriptView, pilot: Pilot[None], app: TranscriptApp) -> None:
        view.prefer(ignored=frozenset({"eve"}), highlights=())
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
        view.prefer(ignored=frozenset({"eve"}), highlights=())
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

        view.prefer(ignored=frozenset(), highlights=("Deploy",))

        assert [line for line in shown(view).splitlines() if "┃" in line] == [
            line for line in shown(view).splitlines() if "deploy now" in line
        ]

    run_transcript(steps)
