"""Which words a post holds, in the index's database: FTS5 of SQLite, full text search of PostgreSQL.

Both are given words that domain.py has made plain, and split and fold nothing themselves: so both find the same.
Neither keeps the text a second time, nor where in it a word stands (docs/decisions/0016-split-words-in-the-archive.md).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chat_archive.domain import plain, words

_WORDS = sa.table("words", sa.column("rowid"), sa.column("held"))


@dataclass(frozen=True, slots=True)
class FullText:
    """What a database is told.

    `add` takes a post's number and what `held` makes of its text; `condition` is for what `asked` makes of words.
    """

    create: tuple[str, ...]
    clear: str
    add: sa.Insert
    held: Callable[[str], Any]
    condition: str
    asked: Callable[[Iterable[str]], str]


def _asked_of_sqlite(wanted: Iterable[str]) -> str:
    return " ".join(f'"{word}"*' for word in wanted)


def _asked_of_postgresql(wanted: Iterable[str]) -> str:
    return " & ".join(f"'{word}':*" for word in wanted)


FULL_TEXTS = {
    # The tokenizer `ascii` takes letters that are not of ASCII as they are.
    "sqlite": FullText(
        create=(
            "CREATE VIRTUAL TABLE IF NOT EXISTS words "
            "USING fts5(held, content='', detail=none, columnsize=0, tokenize=ascii)",
        ),
        clear="INSERT INTO words(words) VALUES ('delete-all')",
        add=sa.insert(_WORDS),
        held=plain,
        condition="words MATCH :asked",
        asked=_asked_of_sqlite,
    ),
    "postgresql": FullText(
        create=(
            "CREATE TABLE IF NOT EXISTS words (rowid BIGINT PRIMARY KEY, held TSVECTOR NOT NULL)",
            "CREATE INDEX IF NOT EXISTS words_held ON words USING gin (held)",
        ),
        clear="TRUNCATE words",
        add=sa.insert(_WORDS).values(
            rowid=sa.bindparam("number"),
            held=sa.func.array_to_tsvector(sa.bindparam("in_text", type_=sa.ARRAY(sa.Text))),
        ),
        held=words,
        condition="held @@ CAST(:asked AS tsquery)",
        asked=_asked_of_postgresql,
    ),
}
