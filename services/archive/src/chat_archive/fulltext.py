"""Full text search in the index's database: FTS5 of SQLite, tsvector of PostgreSQL.

Both find the same posts, because the rules of words.py hold for both: PostgreSQL stores its words, and SQLite splits
its folded text at the same characters. Neither stores the text again, nor the places of words in it
(docs/decisions/0016-split-words-in-the-archive.md).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chat_archive.owners import sender_word, user_key
from chat_archive.words import folded_words, words_in
from chat_wire.messages import Recorded

_WORDS = sa.table("words", sa.column("rowid"), sa.column("held"))


@dataclass(frozen=True, slots=True)
class FullText:
    """How one database searches.

    Attributes:
        create: Statements that create the table of words if it does not exist.
        add: Inserts a post's number and the result of `stored`.
        stored: Turns a post into the stored value: the words of its text, and the word for its sender.
        condition: The SQL condition that a post has all the words in the parameter `query`.
        query: Turns words into that parameter. Each matches the words that begin with it.
    """

    create: tuple[str, ...]
    add: sa.Insert
    stored: Callable[[Recorded], Any]
    condition: str
    query: Callable[[Iterable[str]], str]


def _sqlite_stored(post: Recorded) -> str:
    return f"{folded_words(post.text)} {sender_word(user_key(post.user))}"


def _postgresql_stored(post: Recorded) -> list[str]:
    return [*words_in(post.text), sender_word(user_key(post.user))]


def _sqlite_query(wanted: Iterable[str]) -> str:
    return " ".join(f'"{word}"*' for word in wanted)


def _postgresql_query(wanted: Iterable[str]) -> str:
    return " & ".join(f"'{word}':*" for word in wanted)


FULL_TEXTS = {
    # The tokenizer `ascii` splits at ASCII characters that are not letters or digits. `folded_words` has replaced all
    # other separators by spaces.
    "sqlite": FullText(
        create=(
            "CREATE VIRTUAL TABLE IF NOT EXISTS words "
            "USING fts5(held, content='', detail=none, columnsize=0, tokenize=ascii)",
        ),
        add=sa.insert(_WORDS),
        stored=_sqlite_stored,
        condition="words MATCH :query",
        query=_sqlite_query,
    ),
    "postgresql": FullText(
        create=(
            "CREATE TABLE IF NOT EXISTS words (rowid BIGINT PRIMARY KEY, held TSVECTOR NOT NULL)",
            "CREATE INDEX IF NOT EXISTS words_held ON words USING gin (held)",
        ),
        add=sa.insert(_WORDS).values(
            rowid=sa.bindparam("number"),
            held=sa.func.array_to_tsvector(sa.bindparam("in_text", type_=sa.ARRAY(sa.Text))),
        ),
        stored=_postgresql_stored,
        condition="held @@ CAST(:query AS tsquery)",
        query=_postgresql_query,
    ),
}
