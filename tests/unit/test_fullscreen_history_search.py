"""The search of the input history by Ctrl+R."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content
from textual.pilot import Pilot

from chat_client.fullscreen.history_search import HistorySearch
from testkit.composer_app import ComposerApp, enter, paste, run_composer, type_in

TEXTS = ("deploy one", "say hello", "Deploy two", "Deploy two", "bye")


def shown_in(app: ComposerApp) -> tuple[str, str]:
    """Return the text in the composer, and the title of its frame."""
    return app.composer.text, Content.from_markup(app.composer.border_title or "").plain


def test_the_search_narrows_with_each_letter_and_goes_to_older_texts() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "deploy one", "say [b]hello[/b]", "Deploy two")
        await type_in(pilot, "draft")
        await pilot.press("ctrl+r")
        assert shown_in(app) == ("draft", "search in your lines: ")
        await type_in(pilot, "dep")
        assert shown_in(app) == ("Deploy two", "search in your lines: dep")
        await pilot.press("ctrl+r")
        assert app.composer.text == "deploy one"
        await pilot.press("ctrl+r")
        assert app.composer.text == "deploy one"
        await pilot.press("backspace", "backspace", "backspace", *"[b]")
        assert shown_in(app) == ("say [b]hello[/b]", "search in your lines: [b]")
        await type_in(pilot, "x")
        assert shown_in(app) == ("draft", "no line has: [b]x")

    run_composer(steps)


def test_enter_takes_the_text_and_does_not_submit_it() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "one", "two")
        await pilot.press(*"draft", "ctrl+r", "o", "n", "enter")
        assert shown_in(app) == ("one", "")
        assert app.submitted == ["one", "two"]
        await pilot.press("!", "down")
        assert app.composer.text == "two"
        await pilot.press("down")
        assert app.composer.text == "draft"
        await pilot.press("up", "up", "enter")
        assert app.submitted == ["one", "two", "one!"]

    run_composer(steps)


def test_escape_returns_to_the_draft() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "one")
        await pilot.press(*"draft", "ctrl+r", "o", "escape", "s")

        assert shown_in(app) == ("drafts", "")
        assert app.noted == []

    run_composer(steps)


def test_another_key_takes_the_text_and_does_its_work() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "one")
        await pilot.press("ctrl+r", "o", "home", "x")

        assert shown_in(app) == ("xone", "")

    run_composer(steps)


def test_a_paste_is_searched_for() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "say hello", "bye")
        await pilot.press("ctrl+r")
        await paste(pilot, "hell")

        assert shown_in(app) == ("say hello", "search in your lines: hell")

    run_composer(steps)


def test_the_end_of_long_words_is_visible() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+r")
        await paste(pilot, "漢字" * 100 + "end")

        assert shown_in(app)[1].endswith("字end")
        assert cell_len(shown_in(app)[1]) < 76

    run_composer(steps)


def test_the_draft_counts_as_the_draft_during_a_search() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "one")
        await pilot.press(*"draft", "ctrl+r", "o")

        assert (app.composer.text, app.composer.draft) == ("one", "draft")

    run_composer(steps)


def test_a_command_of_the_palette_ends_a_search() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "one")
        await pilot.press(*"draft", "ctrl+r", "o")
        app.composer.begin("/search ")
        await pilot.press("x")

        assert shown_in(app) == ("/search xdraft", "")

    run_composer(steps)


def test_a_submission_from_the_palette_ends_a_search() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "one")
        await pilot.press("ctrl+r", "o")
        app.composer.action_submit()
        await pilot.press("x")

        assert app.submitted == ["one", "one"]
        assert shown_in(app) == ("x", "")

    run_composer(steps)


@given(st.lists(st.sampled_from(TEXTS)), st.sampled_from(["", "d", "DEP", "o", "hello", "none"]))
def test_older_goes_through_all_texts_that_have_the_words(texts: list[str], words: str) -> None:
    search = HistorySearch(texts, "draft").narrowed(words)
    found = []
    while search.found is not None and search.found not in found:
        found.append(search.found)
        search = search.older()

    assert found == sorted(found, reverse=True)
    hits = {text for text in texts if words and words.casefold() in text.casefold()}
    assert {texts[at] for at in found} == hits
