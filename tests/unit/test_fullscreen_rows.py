"""The rows of items: their form, and that they fit whatever a message contains."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from chat_client.commands import action
from chat_client.display import safe
from chat_client.events import MessageReceived, PresenceChanged
from chat_client.fullscreen.heights import row_ends
from chat_client.fullscreen.items import Above, InfoLine, Item, starred_text
from chat_client.fullscreen.layout import Layout
from chat_client.fullscreen.mentions import mentions
from chat_client.fullscreen.row import Look, Row
from chat_client.fullscreen.rows import named, rows, unsent_rows
from chat_client.fullscreen.unsent_posts import UnsentPost
from chat_client.fullscreen.wrapping import cropped, right_aligned, rows_needed, safe_lines, wrap

AT = 1_795_361_760_999_999  # 2026-11-22 15:36:00.999999 UTC
ANOTHER_DAY = 1_700_000_000_000_000  # 2023-11-14 22:13:20 UTC
SECOND = 1_000_000
HERE = Above(None, AT)
WIDE = Layout(80, own_name="anna")
NARROW = Layout(40, own_name="anna")

# Characters that are hard to lay out or to keep harmless, besides all others.
HOSTILE = "\x00\x07\x1b[31m\r\n\t\x7f\x9b\u202e\u2066\u2028\u00ad\u200b\u200d\ufe0f\u0301漢é👩\U0001f1ea /me"
# Lists of characters: in one alphabet with all others, the hard ones would almost never be drawn.
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.characters(exclude_categories=["Cs"]), min_size=1).map(
    "".join
) | st.text(st.sampled_from("ab  \n"), min_size=1)
TIMES = st.integers(0, 3 * 86400).map(lambda seconds: AT + seconds * SECOND)
NAMES = st.sampled_from(["anna", "bob", "漢字漢字漢字漢字漢字漢字", "x" * 32, "\x1b[2J"])
ITEMS: st.SearchStrategy[Item] = (
    st.builds(MessageReceived, at=TIMES, user=NAMES, text=TEXTS)
    | st.builds(PresenceChanged, at=TIMES, user=NAMES, kind=st.sampled_from(["joined", "left", "lost", "back"]))
    | st.builds(InfoLine, at=TIMES, text=TEXTS)
)
LAYOUTS = st.builds(Layout, width=st.integers(20, 130), own_name=st.just("anna"), local_time=st.booleans())


def message(text: str, user: str = "bob", seconds: int = 0) -> MessageReceived:
    return MessageReceived(at=AT + seconds * SECOND, user=user, text=text)


def shown(found: list[Row]) -> list[str]:
    return [text(row).rstrip() for row in found]


def text(row: Row) -> str:
    return "".join(piece.text for piece in (*row.prefix, *row.body))


def test_a_message_has_its_time_and_name_beside_its_wrapped_text() -> None:
    found = rows(message("one two three four five six seven eight nine ten eleven twelve"), HERE, WIDE)

    assert shown(found) == [
        "15:36              bob │ one two three four five six seven eight nine ten eleven",
        "                       │ twelve",
    ]


@pytest.mark.parametrize(("width", "cells"), [(80, 16), (69, 10)])
def test_a_name_that_does_not_fit_beside_the_text_stands_above_it_in_full(width: int, cells: int) -> None:
    layout, fits, longer = Layout(width), "n" * cells, "n" * (cells + 1)
    first = message("hola", longer)

    assert shown(rows(message("hola", fits), HERE, layout)) == [f"15:36 {fits} │ hola"]
    assert shown(rows(first, HERE, layout)) == [f"15:36 {longer}", " " * (cells + 7) + "│ hola"]
    assert shown(rows(message("hola", longer, 90), Above(first, AT), layout)) == [
        "15:37" + " " * (cells + 2) + "│ hola"
    ]


@given(st.sampled_from("ab漢"), st.integers(1, 32), st.integers(20, 130))
def test_two_long_names_never_look_the_same(letter: str, length: int, width: int) -> None:
    """Both have the same letters but for one in the middle, which is where a name would be cut."""
    one, other = (letter * (length // 2) + each + letter * (length - length // 2 - 1) for each in "xy")

    assert shown(rows(message("hola", one), HERE, Layout(width))) != shown(
        rows(message("hola", other), HERE, Layout(width))
    )


def test_below_60_cells_time_and_name_have_their_own_row() -> None:
    found = rows(message("one two three four five six seven eight nine"), HERE, NARROW)

    assert shown(found) == ["15:36 bob", "  one two three four five six seven", "  eight nine"]


def test_a_word_that_is_too_long_is_cut() -> None:
    assert shown(rows(message("x" * 60), HERE, WIDE))[1] == "                       │ xxxxx"


def test_line_breaks_are_kept() -> None:
    assert shown(rows(message("one\r\n\ntwo"), HERE, NARROW)) == ["15:36 bob", "  one", "", "  two"]


def test_messages_within_five_minutes_show_the_name_once_and_each_minute_once() -> None:
    first, soon, later = message("one"), message("two", seconds=30), message("three", seconds=90)

    assert shown(rows(soon, Above(first, first.at), WIDE)) == ["                       │ two"]
    assert shown(rows(later, Above(soon, soon.at), WIDE)) == ["15:37                  │ three"]
    assert shown(rows(later, Above(soon, soon.at), NARROW)) == ["  three"]


@given(st.lists(st.integers(0, 299), min_size=1, max_size=60), st.integers(20, 130))
def test_at_most_five_minutes_pass_below_the_time_that_is_shown(pauses: list[int], width: int) -> None:
    at, before, layout = 0, HERE, Layout(width)
    shown_at = None
    for pause in pauses:
        at += pause
        item = message("hola", seconds=at)
        if any(":" in text(row)[:6] for row in rows(item, before, layout)):
            shown_at = at
        assert shown_at is not None
        assert at - shown_at < 300
        before = Above(item, item.at)


def test_a_run_of_one_author_shows_time_and_name_in_the_first_row_in_view() -> None:
    first, long = message("one"), message("two " * 40, seconds=90)
    for row in rows(long, Above(first, first.at), WIDE):
        assert shown([named(row, long, WIDE)])[0].startswith("15:37              bob │ two")
    assert shown([named(row, long, NARROW) for row in rows(long, Above(first, first.at), NARROW)])[1] == "15:37 bob"
    for item in (message("/me waves"), InfoLine(AT, "connected")):
        assert [named(row, item, WIDE) for row in rows(item, HERE, WIDE)] == rows(item, HERE, WIDE)
    date = rows(first, Above(None, None), WIDE)[0]
    assert named(date, first, WIDE) == date


@pytest.mark.parametrize(
    "before", [message("x", "carol"), message("x", seconds=-300), message("/me x"), InfoLine(AT, "x")]
)
def test_the_name_appears_again_after_anything_else(before: Item) -> None:
    assert shown(rows(message("hola"), Above(before, AT), WIDE)) == ["15:36              bob │ hola"]


def test_a_date_stands_above_the_first_message_of_a_day() -> None:
    before = message("x", seconds=-86400)

    found = rows(message("hola"), Above(before, before.at), WIDE)

    assert shown(found)[0].strip() == "── Sunday, 22 November 2026 ──"
    assert shown(found)[1] == "15:36              bob │ hola"


def test_times_are_local_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        found = rows(
            MessageReceived(at=ANOTHER_DAY, user="bob", text="hola"), Above(None, None), Layout(80, local_time=True)
        )
    finally:
        monkeypatch.undo()
        time.tzset()

    assert shown(found)[0].strip() == "── Wednesday, 15 November 2023 ──"
    assert shown(found)[1].startswith("11:13")


def test_an_action_has_a_star_for_a_name_and_a_notice_has_a_hyphen() -> None:
    assert shown(rows(message("/me waves"), HERE, WIDE)) == ["15:36                * │ bob waves"]
    assert shown(rows(message("/me waves"), HERE, NARROW)) == ["15:36 * bob waves"]
    assert shown(rows(PresenceChanged(at=AT, user="bob", kind="lost"), HERE, NARROW)) == [
        "15:36 - bob lost the connection"
    ]
    assert shown(rows(InfoLine(AT, "connected: bob"), HERE, WIDE)) == ["15:36                - │ connected: bob"]
    assert rows(message("/me waves"), HERE, WIDE)[0].body[0].look is Look.ACTION
    assert rows(InfoLine(AT, "x"), HERE, WIDE)[0].body[0].look is Look.DIM


def test_an_action_without_words_is_a_message() -> None:
    assert shown(rows(message("/me  "), HERE, NARROW)) == ["15:36 bob", "  /me"]
    assert list(row_ends([message("/me  ")], HERE, NARROW)) == [2]


def test_a_message_that_mentions_the_reader_differs_even_without_colours() -> None:
    named, own = message("hola Anna, qué tal"), message("anna", user="anna")

    assert shown(rows(named, HERE, WIDE)) == ["15:36              bob ┃ hola Anna, qué tal"]
    assert shown(rows(named, HERE, NARROW)) == ["15:36 bob", "┃ hola Anna, qué tal"]
    assert rows(named, HERE, WIDE)[0].body[0].look is Look.MENTION
    assert rows(own, HERE, WIDE)[0].body[0].look is Look.PLAIN


@pytest.mark.parametrize(
    ("words", "name", "expected"),
    [
        ("hola ANNA!", "anna", True),
        ("@anna", "anna", True),
        ("straße", "STRASSE", True),
        ("susanna", "anna", False),
        ("anna_x", "anna", False),
        ("a.b c", "a.b", True),
        ("axb c", "a.b", False),
        ("hola", "", False),
        ("ana-maria", "ana", False),
        ("maria-ana: hola", "ana", False),
        ("ana.b", "ana", False),
        ("ana@example.org", "ana", False),
        ("write to x.ana@example.org", "ana", False),
        ("mail maria@ana", "ana", False),
        ("see https://x/ana", "ana", False),
        ("see https://x/ana, ana", "ana", True),
        ("www.example.org/ana", "ana", False),
        ("example.org/ana", "ana", False),
        ("in /home/ana/x and ~/ana", "ana", False),
        ("ana: hola", "ana", True),
        ("@ana", "ana", True),
        ("hola,@ana.", "ana", True),
        ("(ana)", "ana", True),
        ("ana, look", "ana", True),
        ("ana-", "ana", True),
        ("ana's turn", "ana", True),
        ("ana… ¿estás?", "ana", True),
        ("ana/bob", "ana", True),
        ("ana-maria, ana", "ana", True),
        ("ana-maria!", "ana-maria", True),
        ("jose\u0301", "jose", False),
        ("jose\u0301", "jos\u00e9", True),
    ],
)
def test_a_name_is_mentioned_as_a_whole_word(words: str, name: str, expected: bool) -> None:
    assert mentions(words, name) is expected


@given(NAMES, st.sampled_from(["{}", "@{}", "({})", "{},", "hola {}: qué tal", "¿{}?", "{}…"]))
def test_a_name_between_punctuation_is_mentioned(name: str, around: str) -> None:
    assert mentions(around.format(name), name)
    assert not mentions(around.format(f"{name}-b"), name)
    assert not mentions(around.format(f"b.{name}"), name)


def test_a_wrapped_link_keeps_its_whole_target() -> None:
    url = "https://example.org/" + "x" * 60
    pieces = [piece for row in rows(message(f"see {url}, yes"), HERE, WIDE) for piece in row.body]

    assert [piece.url for piece in pieces if piece.text in ("see", ", yes")] == ["", ""]
    assert "".join(piece.text for piece in pieces if piece.url) == url
    assert {piece.url for piece in pieces} == {"", url}


def test_pending_delayed_and_refused_posts_differ() -> None:
    pending, delayed = UnsentPost(1, AT, "hola"), UnsentPost(2, AT, "hola", delayed=True)
    refused = UnsentPost(3, AT, "hola", delayed=True, reason="too long")

    assert shown(unsent_rows(pending, HERE, WIDE)) == ["15:36             anna ┊ hola"]
    assert shown(unsent_rows(delayed, HERE, WIDE)) == ["15:36             anna … hola"]
    assert shown(unsent_rows(delayed, HERE, NARROW)) == ["15:36 anna", "… hola"]
    assert shown(unsent_rows(refused, HERE, WIDE)) == [
        "15:36             anna ✗ hola",
        "                     * ✗ too long: F2 sends it again, F3 discards it",
    ]
    assert {piece.look for row in unsent_rows(refused, HERE, NARROW)[1:] for piece in row.body} == {Look.REFUSED}


@given(ITEMS, st.none() | ITEMS, LAYOUTS)
def test_each_row_fits_and_contains_no_control_characters(item: Item, before: Item | None, layout: Layout) -> None:
    for row in rows(item, Above(before, before.at if before else None), layout):
        assert cell_len(text(row)) <= layout.width
        assert text(row) == safe(text(row))


@given(st.builds(MessageReceived, at=TIMES, user=NAMES, text=TEXTS), LAYOUTS)
def test_the_rows_of_a_message_contain_its_safe_text(message: MessageReceived, layout: Layout) -> None:
    found = rows(message, Above(None, message.at), layout._replace(opened=frozenset([message])))
    body = "".join((row.joint or "") + "".join(piece.text for piece in row.body) for row in found)
    acts = action(message.text) is not None
    expected = "\n".join(safe_lines(starred_text(message) if acts else message.text))

    assert body == expected


@given(st.lists(ITEMS, max_size=12), LAYOUTS)
def test_heights_equal_the_number_of_rows(items: list[Item], layout: Layout) -> None:
    at, above, expected = None, Above(None, None), []
    for item in items:
        expected.append(len(rows(item, above, layout)))
        at = item.at if item.at is not None else at
        above = Above(item, at)

    found = row_ends(items, Above(None, None), layout)

    assert [end - start for start, end in pairwise([0, *found])] == expected


@given(TEXTS, st.integers(2, 40))
def test_wrapping_omits_only_a_space_between_words(words: str, width: int) -> None:
    for line in safe_lines(words):
        spans = wrap(line, width)
        assert spans[0][0] == 0
        assert spans[-1][1] == len(line)
        assert all(line[end:start] in ("", " ") for (_, end), (start, _) in pairwise(spans))
        assert all(cell_len(line[start:end]) <= width for start, end in spans)
    assert rows_needed(words, width) == sum(len(wrap(line, width)) for line in safe_lines(words))


@given(TEXTS.map(safe), st.integers(2, 40))
def test_a_text_is_cropped_to_the_width(words: str, width: int) -> None:
    assert cell_len(cropped(words, width)) <= width
    assert cell_len(right_aligned(words, width)) == width
    assert cropped(words, width) == words or cropped(words, width).endswith("…")
