"""Editing by grapheme clusters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key
from textual.pilot import Pilot

from chat_client.fullscreen import clusters
from testkit.composer_app import ComposerApp, enter, run_composer

FAMILY = "👨‍👩‍👧‍👦"
CLUSTERS = [FAMILY, "🇪🇸", "👍🏽", "e\u0301", "x\u0303\u0301", "\u1112\u1161\u11ab", "1\ufe0f\u20e3", "क्षि", "漢", "a"]
# Code points that join others, and such that are joined.
lines = st.text(
    st.sampled_from("aé漢 _\u0301\u200d\ufe0f👨👩🇪🇸🏽\u1112\u1161\u11abक\u094dष\u20e3"), max_size=12
) | st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_one_key_moves_over_a_cluster_or_deletes_it(cluster: str) -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        composer = app.composer
        composer.insert(f"[{cluster}]")
        await pilot.press("left", "left")
        assert composer.cursor_location == (0, 1)
        await pilot.press("right")
        assert composer.cursor_location == (0, 1 + len(cluster))
        await pilot.press("backspace")
        assert composer.text == "[]"
        composer.insert(cluster)
        await pilot.press("home", "right", "delete")
        assert composer.text == "[]"
        composer.insert(cluster)
        await pilot.press("shift+left", "z")
        assert composer.text == "[z]"

    run_composer(steps)


@pytest.mark.parametrize(
    "text", [FAMILY, "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "🏴\U000e0067\U000e0062\U000e007f"]
)
def test_joiners_that_are_typed_are_part_of_the_text(text: str) -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        for char in text:
            app.post_message(Key(char, char))
        await pilot.pause()

        assert app.composer.text == text

    run_composer(steps)


def test_the_cursor_does_not_stop_inside_of_a_cluster_in_the_row_above() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        app.composer.insert(f"{FAMILY}b\nx")
        await pilot.press("up")
        assert app.composer.cursor_location[1] in (0, len(FAMILY))
        app.composer.move_cursor((0, 3))
        assert app.composer.cursor_location == (0, len(FAMILY))

    run_composer(steps)


@pytest.mark.parametrize("width", [16, 17, 18, 19])
def test_up_and_down_reach_both_ends_of_a_folded_line_of_clusters(width: int) -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        await enter(pilot, "before")
        text = "🇪🇸" * 30
        app.composer.insert(text)
        await pilot.press(*["up"] * 12)
        assert app.composer.text == "before"
        await pilot.press("down")
        assert app.composer.text == text
        await pilot.press("home", *["down"] * 12)
        assert app.composer.navigator.is_last_wrapped_line(app.composer.cursor_location)

    run_composer(steps, size=(width, 24))


def test_text_that_is_typed_before_what_it_joins_keeps_its_order() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        app.composer.insert("🇸z")
        await pilot.press("home")
        for char in "🇪x":
            app.composer.insert(char)

        assert app.composer.text == "🇪🇸xz"

    run_composer(steps)


def test_the_cursor_does_not_split_a_cluster_on_the_screen() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        app.composer.insert(f"{FAMILY}b")
        await pilot.press("home")

        assert FAMILY in [segment.text for segment in app.composer.render_line(0)]

    run_composer(steps)


@pytest.mark.parametrize(
    ("key", "at_end", "from_start"),
    [
        ("alt+b", "hola, ne\u0301e, |漢字!", "|hola, ne\u0301e, 漢字!"),
        ("ctrl+left", "hola, ne\u0301e, |漢字!", "|hola, ne\u0301e, 漢字!"),
        ("alt+f", "hola, ne\u0301e, 漢字!|", "hola|, ne\u0301e, 漢字!"),
        ("alt+backspace", "hola, ne\u0301e, |", "|hola, ne\u0301e, 漢字!"),
        ("ctrl+w", "hola, ne\u0301e, |", "|hola, ne\u0301e, 漢字!"),
        ("alt+d", "hola, ne\u0301e, 漢字!|", "|, ne\u0301e, 漢字!"),
        ("ctrl+a", "|hola, ne\u0301e, 漢字!", "|hola, ne\u0301e, 漢字!"),
        ("ctrl+e", "hola, ne\u0301e, 漢字!|", "hola, ne\u0301e, 漢字!|"),
        ("ctrl+u", "|", "|hola, ne\u0301e, 漢字!"),
        ("ctrl+k", "hola, ne\u0301e, 漢字!|", "|"),
    ],
)
def test_keys_of_readline_edit_by_words_and_lines(key: str, at_end: str, from_start: str) -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        for start, expected in ("end", at_end), ("home", from_start):
            app.composer.text = "hola, ne\u0301e, 漢字!"
            await pilot.press(start, key)
            app.composer.insert("|")
            assert app.composer.text == expected

    run_composer(steps)


def test_the_beginning_of_a_line_of_several_rows_is_that_of_the_line() -> None:
    async def steps(app: ComposerApp, pilot: Pilot[None]) -> None:
        app.composer.insert("word " * 40)
        await pilot.press("ctrl+a")
        assert app.composer.cursor_location == (0, 0)
        await pilot.press("ctrl+e", "ctrl+u")
        assert app.composer.text == ""

    run_composer(steps)


@given(lines, st.integers(min_value=0, max_value=12))
def test_moves_stop_at_boundaries_and_reach_both_ends(line: str, position: int) -> None:
    found = list(clusters.boundaries(line))
    assert (found[0], found[-1]) == (0, len(line))
    position = min(position, len(line))
    for move in (clusters.before, clusters.word_before):
        assert move(line, position) in found
        assert move(line, position) < position or position == 0
    for move in (clusters.after, clusters.word_after):
        assert move(line, position) in found
        assert move(line, position) > position or position == len(line)
    assert clusters.before(line, position) <= clusters.at_or_before(line, position) <= position
    assert position <= clusters.at_or_after(line, position) <= clusters.after(line, position)


@given(lines)
def test_a_step_back_returns_from_a_step_forward(line: str) -> None:
    for position in list(clusters.boundaries(line))[:-1]:
        assert clusters.before(line, clusters.after(line, position)) == position
