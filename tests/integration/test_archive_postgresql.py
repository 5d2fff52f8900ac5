"""The index in PostgreSQL."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_archive.errors import InvalidWords
from chat_archive.index import Checkpoint, Index
from chat_archive.log_file import LogFile
from chat_archive.query import matches, parse_query
from chat_archive.recorder import Recorder
from chat_archive.search import search
from chat_archive.stream_entries import StreamEntry
from chat_wire.limits import MAX_INT64, MAX_TEXT
from chat_wire.messages import Batch, Post, Recorded, Run
from testkit.postgres import Postgres


@pytest.fixture(scope="module")
def index(postgresql: Postgres) -> Index:
    """Return an empty index."""
    made = Index(postgresql.create_database())
    made.create()
    return made


def test_postgresql_answers_as_sqlite_does(index: Index, tmp_path: Path) -> None:
    index.clear()
    recorder = Recorder(LogFile(tmp_path / "log.txt"), index)
    posts = tuple(Post(sequence=number, client_ts=number, text=f"\x00ñ{number}") for number in (1, 2, 3))
    run = Run(session="s", user="Ann", author="a", posts=posts)
    entries = [StreamEntry(0, Batch(room="lobby", router="r", server_ts=1, runs=(run,)))]

    recorder.open()
    assert not recorder.catch_up()
    written = recorder.record("lobby", entries)
    recorder.close()

    assert index.history("lobby", None, 10) == written[::-1]
    assert index.sent_by("a", "ANN", 1, 1) == written[1:2]
    assert index.search("lobby", ["n"], range(MAX_INT64), 2) == written[:0:-1]
    index.clear()
    assert index.search("lobby", ["n"], range(MAX_INT64), 2) == []
    recorder = Recorder(LogFile(tmp_path / "log.txt"), index)
    recorder.open()
    assert recorder.catch_up()
    assert recorder.record("lobby", entries) == []
    assert index.history("lobby", None, 10) == written[::-1]
    recorder.close()


POST = Recorded(
    number=1,
    room="lobby",
    offset=0,
    index=0,
    session="s",
    sequence=1,
    user="u",
    author="a",
    client_ts=0,
    server_ts=0,
    text="",
)
TEXTS = st.text(max_size=30) | st.text("abAßñN\u0301ﬁ½٣7_*\"':-&|!()\\\0 \n«»🎉", max_size=12)


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS | st.sampled_from(["x" * MAX_TEXT, "𐐨" * MAX_TEXT]), min_size=1, max_size=6), st.data())
def test_postgresql_finds_the_posts_that_match_any_words(index: Index, texts: list[str], data: st.DataObject) -> None:
    posts = [
        replace(POST, number=number, room="lobby" if number % 3 else "cellar", text=text)
        for number, text in enumerate(texts, start=1)
    ]
    index.clear()
    index.record(posts, Checkpoint(size=1, lines=len(posts)))

    try:
        query = parse_query(data.draw(TEXTS | st.sampled_from(texts)))
    except InvalidWords:
        return
    matching = [post for post in posts if matches(post, query) and post.room == "lobby"][::-1]
    candidates = index.search("lobby", query.words, range(MAX_INT64), 10)

    assert [post for post in candidates if matches(post, query)] == matching
    assert not query.exact or candidates == matching


def test_postgresql_finds_the_posts_of_a_sender_and_phrases(index: Index) -> None:
    index.clear()
    texts = ("good morning", "morning good", "東京都に住む")
    index.record([replace(POST, number=at, text=text) for at, text in enumerate(texts, 1)], Checkpoint(1, 3))

    def found(typed: str) -> list[int]:
        return [post.number for post in search(index, "lobby", parse_query(typed), None, 10)[0]]

    assert found('"good morning" from:U') == [1]
    assert found("京都") == [3]
    assert found("from:u") == [3, 2, 1]
    assert found("from:v") == []
