"""Which words a text holds, and that the index in a real SQLite finds by them what domain.py says."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat_archive.domain import HIGHEST_NUMBER, LONGEST_WORD, MOST_WORDS, Checkpoint, holds, wanted_words, words
from chat_archive.errors import InvalidWords
from chat_archive.index import Index
from chat_wire.limits import MAX_TEXT
from chat_wire.messages import Recorded
from chat_wire.settings import InvalidSetting

FEW_LETTERS = st.text("abAßñN\u0301\u0e34\u0939ﬁ½٣7_*\"':-&|!()\\\0 \n«»…🎉", max_size=12)
LETTERS = st.text(st.characters(categories=("L", "Nd")), min_size=1, max_size=8)
TEXTS = st.text(max_size=30) | FEW_LETTERS


def post(number: int, text: str, room: str = "lobby") -> Recorded:
    return Recorded(
        number=number,
        room=room,
        offset=number,
        index=0,
        session="s",
        sequence=number,
        user="u",
        author="a",
        client_ts=0,
        server_ts=0,
        text=text,
    )


def index_of(*posts: Recorded) -> Index:
    index = Index("sqlite://")
    index.create()
    index.record(posts, Checkpoint(size=1, lines=len(posts)))
    return index


def found(index: Index, wanted: Sequence[str], before: int = HIGHEST_NUMBER, limit: int = 100) -> list[int]:
    return [each.number for each in index.search("lobby", wanted, before, limit)]


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("Hello, WORLD!", ["hello", "world"]),
        ("snake_case don't e-mail x2", ["snake", "case", "don", "t", "e", "mail", "x2"]),
        ("«Año»: mañana, cafe\u0301…", ["ano", "manana", "cafe"]),
        ("Straße ΣΊΣΥΦΟΣ Ёж", ["strasse", "σισυφοσ", "еж"]),
        ("हिन्दी", ["हनद"]),
        ("ﬁn ½", ["fin", "1", "2"]),
        ("a\x00b 🎉 c", ["a", "b", "c"]),
        ("你好。世界", ["你好", "世界"]),
        ("_ * - … 🎉", []),
    ],
)
def test_words_are_runs_of_letters_and_digits_without_case_and_accents(text: str, split: list[str]) -> None:
    assert words(text) == split


@given(
    st.lists(st.text(st.characters(categories=("L", "Nd")), min_size=1, max_size=8), min_size=1, max_size=8), st.data()
)
def test_a_text_holds_the_beginning_of_each_of_its_words_in_any_order(spoken: list[str], data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([" ", "-", "_", ", ", "…", "\x00"])).join(spoken)
    split = words(text)

    beginnings = [word[: data.draw(st.integers(1, len(word)))] for word in data.draw(st.permutations(split))]

    assert holds(text, beginnings)
    assert holds(text, words(" ".join(spoken)))


@given(TEXTS)
def test_to_split_what_is_split_changes_nothing(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


def test_a_text_does_not_hold_a_word_that_stands_within_one_or_that_goes_on() -> None:
    assert holds("the haystack", ["hay"])
    assert not holds("the haystack", ["stack"])
    assert not holds("the hay", ["haystack"])
    assert not holds("the haystack", ["the", "needle"])


@given(st.lists(TEXTS, min_size=1, max_size=6), TEXTS)
@example(["\x00a\x00b", "ab"], "b")
@example(["x" * MAX_TEXT, "x" * (MAX_TEXT - 1)], "x" * MAX_TEXT)
@example(["\ufdfa" * MAX_TEXT], "\ufdfa" * MAX_TEXT)
def test_the_index_finds_by_any_words_what_holds_them(texts: list[str], typed: str) -> None:
    try:
        wanted = wanted_words(typed)
    except InvalidWords:
        return
    index = index_of(*(post(number, text) for number, text in enumerate(texts, start=1)))

    holding = [number for number, text in enumerate(texts, start=1) if holds(text, wanted)]

    assert found(index, wanted) == holding[::-1]


@pytest.mark.parametrize("typed", ["", " ", "_*_", '"" - :', "🎉", "\x00"])
def test_to_search_for_no_word_is_refused_and_says_what_to_type(typed: str) -> None:
    with pytest.raises(InvalidWords, match="type letters or digits"):
        wanted_words(typed)


@pytest.mark.parametrize("typed", [" ".join(map(str, range(MOST_WORDS + 1))), "x" * (MAX_TEXT + 1)])
def test_to_search_for_too_many_words_is_refused(typed: str) -> None:
    with pytest.raises(InvalidWords, match=f"at most {MOST_WORDS} words"):
        wanted_words(typed)


def test_as_many_words_as_may_be_are_found_and_one_typed_twice_counts_once() -> None:
    text = " ".join(f"word{number}" for number in range(MOST_WORDS))

    assert found(index_of(post(1, text)), wanted_words(f"{text} {text}")) == [1]


def test_of_a_very_long_word_the_same_beginning_counts_in_every_database() -> None:
    text, wanted = "x" * LONGEST_WORD + "yes", wanted_words("x" * LONGEST_WORD + "no")

    assert holds(text, wanted)
    assert found(index_of(post(1, text)), wanted) == [1]
    assert [len(word) for word in words(text)] == [LONGEST_WORD]


def test_the_index_gives_the_newest_of_the_room_before_a_number() -> None:
    index = index_of(
        *(post(number, "ham and eggs", "cellar" if number % 5 == 0 else "lobby") for number in range(1, 21))
    )

    assert found(index, ["egg", "ham"], limit=3) == [19, 18, 17]
    assert found(index, ["egg", "ham"], before=12, limit=3) == [11, 9, 8]
    assert found(index, ["egg"], before=2**70) == [number for number in range(20, 0, -1) if number % 5]
    assert found(index, ["egg"], before=-1) == []
    assert [each.number for each in index.search("cellar", ["egg"], 20, 9)] == [15, 10, 5]


def test_an_index_that_is_cleared_finds_nothing() -> None:
    index = index_of(post(1, "hola"))

    index.clear()
    assert found(index, ["hola"]) == []
    index.record([post(1, "adiós")], Checkpoint(size=1, lines=1))

    assert (found(index, ["hola"]), found(index, ["adios"])) == ([], [1])


def test_only_a_database_whose_full_text_search_is_known_can_be_used() -> None:
    with pytest.raises(InvalidSetting):
        Index("mysql://localhost/chat")
