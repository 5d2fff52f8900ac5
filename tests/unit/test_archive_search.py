"""Words of a text, and a search in a real SQLite, which finds the posts that `matches` accepts."""

from typing import Literal
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat_archive.errors import InvalidWords, SearchTooWide
from chat_archive.index import Index
from chat_archive.local_index import Checkpoint, LocalIndex
from chat_archive.query import MAX_SEARCH_WORDS, matches, parse_query
from chat_archive.search import RECENT_POSTS, STEPS, search
from chat_archive.words import MAX_WORD_LENGTH, runs_in, words_in
from chat_wire.limits import MAX_INT64, MAX_TEXT
from chat_wire.messages import Recorded

FEW_LETTERS = st.text("abAßñN\u0301\u0e34\u0939ﬁ½٣7_*\"':-&|!()\\\0 \n«»…🎉", max_size=12)
LETTERS = st.text(st.characters(categories=("L", "Nd")), min_size=1, max_size=8)
TEXTS = st.text(max_size=30) | FEW_LETTERS


def post(number: int, text: str, room: str = "lobby", user: str = "u", at: int = 0) -> Recorded:
    return Recorded(
        number=number,
        room=room,
        offset=number,
        index=0,
        session="s",
        sequence=number,
        user=user,
        author="",
        client_ts=0,
        server_ts=at,
        text=text,
    )


def index_of(*posts: Recorded) -> LocalIndex:
    index = LocalIndex("sqlite://")
    index.create()
    index.record(posts, Checkpoint(size=1, lines=len(posts)))
    return index


def found(index: Index, typed: str, before: int | None = None, limit: int = 100) -> list[int]:
    """Return the numbers of the posts that a search finds, newest first."""
    return [each.number for each in search(index, "lobby", parse_query(typed), before, limit)[0]]


def fits(text: str, typed: str) -> bool:
    return matches(post(1, text), parse_query(typed))


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
        ("你好。世界", ["你好", "好", "世界", "界"]),
        ("서울대학교 앞", ["서울", "울대", "대학", "학교", "교", "앞"]),
        ("東京都に住むmasa", ["東京", "京都", "都に", "に住", "住む", "む", "masa"]),
        ("สวัสดี", ["สว", "วส", "สด", "ด"]),
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
    runs = data.draw(st.permutations(runs_in(text)))
    if runs:
        assert fits(text, " ".join(run[: data.draw(st.integers(1, len(run)))] for run in runs))


@given(TEXTS)
def test_splitting_runs_again_changes_nothing(text: str) -> None:
    assert runs_in(" ".join(runs_in(text))) == runs_in(text)


def test_a_text_does_not_match_the_middle_of_a_word_or_a_longer_word() -> None:
    assert fits("the haystack", "hay")
    assert not fits("the haystack", "stack")
    assert not fits("the hay", "haystack")
    assert not fits("the haystack", "the needle")


@pytest.mark.parametrize("typed", ["東京", "京都", "都", "東京都に", "京都 masa", "住む", '"京都に住"', "ｶﾀｶﾅ"])
def test_text_without_spaces_is_found_inside_of_a_run(typed: str) -> None:
    index = index_of(post(1, "きょう、東京都に住むmasa、カタカナ"), post(2, "京東 住に むす masax アタ"))

    assert found(index, typed) == [1]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["대학", "학교", "서울대학교", '"대학교에 가요"', "가"])
def test_korean_is_found_by_its_syllables_inside_of_a_word(typed: str, form: Literal["NFC", "NFD"]) -> None:
    index = index_of(post(1, normalize(form, "서울대학교에 가요")), post(2, "학대 교서 울"))

    assert found(index, normalize(form, typed)) == [1]


def test_the_parts_of_a_run_do_not_stand_for_the_run() -> None:
    assert found(index_of(post(1, "東京 京都"), post(2, "東京都")), "東京都") == [2]


@given(st.lists(TEXTS, min_size=1, max_size=6), TEXTS | st.text('东京都대학 "ab', max_size=8))
@example(["\x00a\x00b", "ab"], "b")
@example(["x" * MAX_TEXT, "x" * (MAX_TEXT - 1)], "x" * MAX_TEXT)
@example(["\ufdfa" * MAX_TEXT], "\ufdfa" * MAX_TEXT)
def test_the_index_has_the_words_of_all_posts_that_match(texts: list[str], typed: str) -> None:
    try:
        query = parse_query(typed)
    except InvalidWords:
        return
    posts = [post(number, text) for number, text in enumerate(texts, start=1)]
    matching = {each.number for each in posts if matches(each, query)}

    candidates = {each.number for each in index_of(*posts).search("lobby", query.words, range(MAX_INT64), 100)}

    assert matching == candidates if query.exact else matching <= candidates


def test_a_phrase_is_whole_words_next_to_each_other() -> None:
    index = index_of(
        post(1, "good morning, Ann"), post(2, "morning good"), post(3, "Good   MORNING"), post(4, "good mornings")
    )

    assert found(index, '"good morning"') == [3, 1]
    assert found(index, '"good morning" ann') == [1]
    assert found(index, "“good morning") == [3, 1]


def test_a_search_can_ask_for_a_sender_and_for_days() -> None:
    day = 86_400_000_000
    index = index_of(
        *(post(number, f"text {number}", user="ann" if number % 2 else "Bob", at=number * day) for number in range(6))
    )

    assert found(index, "from:ANN") == [5, 3, 1]
    assert found(index, "text from:@bob") == [4, 2, 0]
    assert found(index, "after:1970-01-03") == [5, 4, 3]
    assert found(index, "before:1970-01-03 FROM:bob") == [0]
    assert found(index, "after:1970-01-02 before:1970-01-05 text") == [3, 2]
    assert found(index, "from:nobody") == []


def test_old_posts_of_a_rare_sender_are_found_in_the_index() -> None:
    posts = [post(number, "text", user="rare" if number == 7 else "u") for number in range(1, 3 * RECENT_POSTS)]

    assert found(index_of(*posts), "from:rare") == [7]


def test_an_old_phrase_is_found_behind_many_posts_that_have_its_words() -> None:
    posts = [post(number, "two one" if number > 1 else "one two") for number in range(1, 3 * RECENT_POSTS)]

    assert found(index_of(*posts), '"one two"') == [1]


def test_a_search_gives_up_after_many_posts_that_lack_the_phrase() -> None:
    many = RECENT_POSTS + sum(STEPS) + 1
    index = index_of(*(post(number, "one two" if number == many else "two one") for number in range(1, many + 1)))

    assert search(index, "lobby", parse_query('"one two"'), None, 10) == ([post(many, "one two")], True)
    with pytest.raises(SearchTooWide, match="add a word"):
        search(index, "lobby", parse_query('"one two"'), many, 10)


@pytest.mark.parametrize("typed", ["", " ", "_*_", '"" - :', "🎉", "\x00"])
def test_a_search_without_a_word_is_refused_and_says_what_to_type(typed: str) -> None:
    with pytest.raises(InvalidWords, match="type letters or digits"):
        parse_query(typed)


@pytest.mark.parametrize("typed", [" ".join(map(str, range(MAX_SEARCH_WORDS + 1))), "x" * (MAX_TEXT + 1)])
def test_a_search_for_too_many_words_is_refused(typed: str) -> None:
    with pytest.raises(InvalidWords, match=f"at most {MAX_SEARCH_WORDS} words"):
        parse_query(typed)


def test_a_search_takes_the_maximum_of_words_and_counts_a_repeated_word_once() -> None:
    text = " ".join(f"word{number}" for number in range(MAX_SEARCH_WORDS))

    assert found(index_of(post(1, text)), f"{text} {text}") == [1]


def test_only_the_same_beginning_of_a_very_long_word_counts_in_every_database() -> None:
    text, typed = "x" * MAX_WORD_LENGTH + "yes", "x" * MAX_WORD_LENGTH + "no"

    assert fits(text, typed)
    assert found(index_of(post(1, text)), typed) == [1]
    assert [len(word) for word in words_in(text)] == [MAX_WORD_LENGTH]


def test_a_search_returns_the_newest_posts_of_the_room_before_a_number() -> None:
    index = index_of(
        *(post(number, "ham and eggs", "cellar" if number % 5 == 0 else "lobby") for number in range(1, 21))
    )

    assert found(index, "egg ham", limit=3) == [19, 18, 17]
    assert found(index, "egg ham", before=12, limit=3) == [11, 9, 8]
    assert found(index, "egg", before=2**70) == [number for number in range(20, 0, -1) if number % 5]
    assert found(index, "egg", before=-1) == []
    assert [each.number for each in index.search("cellar", ["egg"], range(20), 9)] == [15, 10, 5]


def test_a_cleared_index_finds_nothing() -> None:
    index = index_of(post(1, "hola"))

    index.clear()
    assert found(index, "hola") == []
    index.record([post(1, "adiós")], Checkpoint(size=1, lines=1))

    assert (found(index, "hola"), found(index, "adios")) == ([], [1])
