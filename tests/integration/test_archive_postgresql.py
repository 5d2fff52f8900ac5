"""The index in PostgreSQL answers as the one in SQLite does."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_archive.errors import InvalidWords
from chat_archive.postgresql import postgresql
from chat_archive.query import matches, parse_query
from chat_archive.search import search
from chat_archive.shared_index import SharedIndex
from chat_wire.limits import MAX_INT64, MAX_TEXT
from chat_wire.messages import Recorded
from testkit.postgres import Postgres

KEEPALIVES = ("user_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count")


class NoMark:
    """A mark for an index of which nobody asks how far it is."""

    def write(self, connection: sa.Connection) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def index(postgresql: Postgres) -> SharedIndex:
    """Return an empty index."""
    made = SharedIndex(postgresql.create_database())
    made.create()
    return made


def fill(index: SharedIndex, posts: list[Recorded]) -> None:
    """Replace the posts of the index."""
    with index._database.transaction() as connection:
        connection.exec_driver_sql("TRUNCATE posts, sessions, streams, words")
    index.record(posts, NoMark())


def test_posts_come_back_as_they_were_and_in_order(index: SharedIndex) -> None:
    posts = [replace(POST, number=number, sequence=number, user="Ann", text=f"\x00ñ{number}") for number in (1, 2, 3)]

    fill(index, posts)

    assert index.following(1, 1) == posts[1:2]
    assert index.newest() == posts[2]
    assert index.newest(up_to=2) == posts[1]
    shown = [replace(post, author="") for post in posts]
    assert index.history("lobby", None, 10) == shown[::-1]
    assert index.sent_by(["a"], "ANN", 1, 1) == shown[1:2]
    assert index.sent_by(["b", "a"], "ANN", 0, 2) == shown[:2]
    assert index.search("lobby", ["n"], range(MAX_INT64), 2) == shown[:0:-1]
    assert index.last_sequences("lobby", ["s", "t"]) == {"s": 3}


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
def test_postgresql_finds_the_posts_that_match_any_words(
    index: SharedIndex, texts: list[str], data: st.DataObject
) -> None:
    posts = [
        replace(POST, number=number, room="lobby" if number % 3 else "cellar", text=text)
        for number, text in enumerate(texts, start=1)
    ]
    fill(index, posts)

    try:
        query = parse_query(data.draw(TEXTS | st.sampled_from(texts)))
    except InvalidWords:
        return
    lobby = [replace(post, author="") for post in posts[::-1] if post.room == "lobby"]
    matching = [post for post in lobby if matches(post, query)]
    candidates = index.search("lobby", query.words, range(MAX_INT64), 10)

    assert [post for post in candidates if matches(post, query)] == matching
    assert not query.exact or candidates == matching


def test_postgresql_finds_the_posts_of_a_sender_and_phrases(index: SharedIndex) -> None:
    texts = ("good morning", "morning good", "東京都に住む")
    fill(index, [replace(POST, number=at, text=text) for at, text in enumerate(texts, 1)])

    def found(typed: str) -> list[int]:
        return [post.number for post in search(index, "lobby", parse_query(typed), None, 10)[0]]

    assert found('"good morning" from:U') == [1]
    assert found("京都") == [3]
    assert found("from:u") == [3, 2, 1]
    assert found("from:v") == []


def test_the_server_itself_notices_within_seconds_that_an_archive_is_gone(database: str) -> None:
    with postgresql(sa.make_url(database)).transaction() as connection:
        found = [int(connection.exec_driver_sql(f"SHOW tcp_{name}").scalar_one()) for name in KEEPALIVES]

    assert found == [4000, 2, 1, 3]
