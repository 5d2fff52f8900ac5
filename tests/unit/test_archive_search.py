"""Words of a text, and a search in a real SQLite, which finds the posts that `matches` accepts."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat_archive.errors import InvalidWords
from chat_archive.index import Checkpoint, Index
from chat_archive.words import MAX_SEARCH_WORDS, MAX_WORD_LENGTH, matches, search_words, words_in
from chat_wire.limits import MAX_INT64, MAX_TEXT
from chat_wire.messages import Recorded

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


def found(index: Index, wanted: Sequence[str], before: int = MAX_INT64, limit: int = 100) -> list[int]:
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
    assert words_in(text) == split


@given(
    st.lists(st.text(st.characters(categories=("L", "Nd")), min_size=1, max_size=8), min_size=1, max_size=8), st.data()
)
def test_a_text_matches_the_beginnings_of_its_words_in_any_order(spoken: list[str], data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([" ", "-", "_", ", ", "…", "\x00"])).join(spoken)
    split = words_in(text)

    beginnings = [word[: data.draw(st.integers(1, len(word)))] for word in data.draw(st.permutations(split))]

    assert matches(text, beginnings)
    assert matches(text, words_in(" ".join(spoken)))


@given(TEXTS)
def test_splitting_words_again_changes_nothing(text: str) -> None:
    assert words_in(" ".join(words_in(text))) == words_in(text)


def test_a_text_does_not_match_the_middle_of_a_word_or_a_longer_word() -> None:
    assert matches("the haystack", ["hay"])
    assert not matches("the haystack", ["stack"])
    assert not matches("the hay", ["haystack"])
    assert not matches("the haystack", ["the", "needle"])


@given(st.lists(TEXTS, min_size=1, max_size=6), TEXTS)
@example(["\x00a\x00b", "ab"], "b")
@example(["x" * MAX_TEXT, "x" * (MAX_TEXT - 1)], "x" * MAX_TEXT)
@example(["\ufdfa" * MAX_TEXT], "\ufdfa" * MAX_TEXT)
def test_the_index_finds_the_posts_that_match_any_words(texts: list[str], typed: str) -> None:
    try:
        wanted = search_words(typed)
    except InvalidWords:
        return
    index = index_of(*(post(number, text) for number, text in enumerate(texts, start=1)))

    matching = [number for number, text in enumerate(texts, start=1) if matches(text, wanted)]

    assert found(index, wanted) == matching[::-1]


@pytest.mark.parametrize("typed", ["", " ", "_*_", '"" - :', "🎉", "\x00"])
def test_a_search_without_a_word_is_refused_and_says_what_to_type(typed: str) -> None:
    with pytest.raises(InvalidWords, match="type letters or digits"):
        search_words(typed)


@pytest.mark.parametrize("typed", [" ".join(map(str, range(MAX_SEARCH_WORDS + 1))), "x" * (MAX_TEXT + 1)])
def test_a_search_for_too_many_words_is_refused(typed: str) -> None:
    with pytest.raises(InvalidWords, match=f"at most {MAX_SEARCH_WORDS} words"):
        search_words(typed)


def test_a_search_takes_the_maximum_of_words_and_counts_a_repeated_word_once() -> None:
    text = " ".join(f"word{number}" for number in range(MAX_SEARCH_WORDS))

    assert found(index_of(post(1, text)), search_words(f"{text} {text}")) == [1]


def test_only_the_same_beginning_of_a_very_long_word_counts_in_every_database() -> None:
    text, wanted = "x" * MAX_WORD_LENGTH + "yes", search_words("x" * MAX_WORD_LENGTH + "no")

    assert matches(text, wanted)
    assert found(index_of(post(1, text)), wanted) == [1]
    assert [len(word) for word in words_in(text)] == [MAX_WORD_LENGTH]


def test_a_search_returns_the_newest_posts_of_the_room_before_a_number() -> None:
    index = index_of(
        *(post(number, "ham and eggs", "cellar" if number % 5 == 0 else "lobby") for number in range(1, 21))
    )

    assert found(index, ["egg", "ham"], limit=3) == [19, 18, 17]
    assert found(index, ["egg", "ham"], before=12, limit=3) == [11, 9, 8]
    assert found(index, ["egg"], before=2**70) == [number for number in range(20, 0, -1) if number % 5]
    assert found(index, ["egg"], before=-1) == []
    assert [each.number for each in index.search("cellar", ["egg"], 20, 9)] == [15, 10, 5]


def test_a_cleared_index_finds_nothing() -> None:
    index = index_of(post(1, "hola"))

    index.clear()
    assert found(index, ["hola"]) == []
    index.record([post(1, "adiós")], Checkpoint(size=1, lines=1))

    assert (found(index, ["hola"]), found(index, ["adios"])) == ([], [1])
