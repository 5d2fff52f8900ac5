"""The index: a view of log.txt in a database, for the questions asked of it.

There is one writer, so no SQL but that of fulltext.py is special to SQLite or PostgreSQL. What is asked or recorded
often is made once: to build a statement takes longer than most of them run.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from chat_archive.domain import HIGHEST_NUMBER, Checkpoint, owner, row_number
from chat_archive.errors import IndexFailed
from chat_archive.fulltext import FULL_TEXTS
from chat_wire.messages import Position, Recorded, post_id
from chat_wire.settings import InvalidSetting

_METADATA = sa.MetaData()
# SQLite's own row numbers are of type INTEGER, and of 64 bits.
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# Texts are kept as JSON because PostgreSQL takes no NUL in a text, and somebody will send one.
# That a post is here once is seen to by the sessions' last sequences, which cost less than an index of all.
_POSTS = sa.Table(
    "posts",
    _METADATA,
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("room", sa.Text, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("index", sa.Integer, nullable=False),
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("client_ts", sa.BigInteger, nullable=False),
    sa.Column("server_ts", sa.BigInteger, nullable=False),
    sa.Column("text", sa.JSON, nullable=False),
    sa.Column("owner", sa.BigInteger, nullable=False),
    sa.Index("posts_of_owner", "owner", "number"),
    sa.Index("posts_of_room", "room", "number"),
)
# The last post of each session in a room. All that is asked of a session stands in the index too.
_SESSIONS = sa.Table(
    "sessions",
    _METADATA,
    sa.Column("room", sa.Text, primary_key=True),
    sa.Column("session", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("server_ts", sa.BigInteger, nullable=False),
    sa.Index("sessions_heard", "room", "server_ts", "session", "sequence"),
    sqlite_with_rowid=False,
)
# It has another name whenever what the rows hold changes: an index as they were has no checkpoint, and is built anew.
# A table whose columns change needs another name itself: one that is there stays as it is.
_CHECKPOINT = sa.Table(
    "checkpoint_2",
    _METADATA,
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("lines", sa.BigInteger, nullable=False),
)
MOST_SESSIONS = 10_000
_ROW, _LAST = _POSTS.c, _SESSIONS.c
_IN_ROOM, _MOST = sa.bindparam("in_room", type_=sa.Text), sa.bindparam("most", type_=sa.Integer)
_RECORDED = sa.select(*(column for column in _ROW if column.name != "owner"))
_NEWEST = _RECORDED.order_by(_ROW.number.desc()).limit(1)
_HISTORY = (
    _RECORDED.where(_ROW.room == _IN_ROOM, _ROW.number < sa.bindparam("before"))
    .order_by(_ROW.number.desc())
    .limit(_MOST)
)
_COLUMNS = ", ".join(f'posts."{column.name}"' for column in _RECORDED.selected_columns)
# A CROSS JOIN is SQLite's word for this order of the two: the newest that hold the words, and no more of them.
_SEARCH = f"""
SELECT {_COLUMNS} FROM words CROSS JOIN posts
WHERE {{condition}} AND words.rowid < :before AND posts.number = words.rowid AND posts.room = :in_room
ORDER BY words.rowid DESC LIMIT :most
"""
_MINE = (
    _RECORDED.where(
        _ROW.owner == sa.bindparam("of"), _ROW.author == sa.bindparam("by"), _ROW.number > sa.bindparam("after")
    )
    .order_by(_ROW.number)
    .limit(_MOST)
)
_POSITION = (
    sa.select(_ROW.offset, _ROW.session, _ROW.sequence)
    .where(_ROW.room == _IN_ROOM)
    .order_by(_ROW.number.desc())
    .limit(1)
)
_SEQUENCES = sa.select(_LAST.session, _LAST.sequence).where(_LAST.room == _IN_ROOM)
_OF_SESSIONS = _SEQUENCES.where(_LAST.session.in_(sa.bindparam("sessions", expanding=True)))
_LATELY = (
    _SEQUENCES.where(_LAST.server_ts >= sa.bindparam("since")).order_by(_LAST.server_ts.desc()).limit(MOST_SESSIONS)
)
_FORGET = sa.delete(_SESSIONS).where(_LAST.room == _IN_ROOM, _LAST.session == sa.bindparam("of"))


class Index:
    """Every replica reads it; the writer alone records. All methods raise IndexFailed."""

    def __init__(self, url: str) -> None:
        """Connects when first used. Raises InvalidSetting for a URL that is of another database, or of none."""
        try:
            database = sa.make_url(url).get_backend_name()
            is_file = database == "sqlite"
            self._engine = sa.create_engine(
                url, pool_pre_ping=not is_file, json_serializer=_to_json, json_deserializer=orjson.loads
            )
            self._full_text = FULL_TEXTS[database]
        except (sa.exc.ArgumentError, ImportError, KeyError) as error:
            raise InvalidSetting(f"INDEX_URL is no database that can be used here ({type(error).__name__})") from None
        if is_file:
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
        self._add_posts = _Many(sa.insert(_POSTS), self._engine.dialect)
        self._add_words = _Many(self._full_text.add, self._engine.dialect)
        self._search = sa.text(_SEARCH.format(condition=self._full_text.condition)).columns(*_RECORDED.selected_columns)
        self._forget_sessions = _Many(_FORGET, self._engine.dialect)
        self._add_sessions = _Many(sa.insert(_SESSIONS), self._engine.dialect)

    def create(self) -> None:
        """Make the tables that are not there; another replica may be doing so too."""
        with self._transaction() as connection:
            for table in _METADATA.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
                for index in sorted(table.indexes, key=lambda each: str(each.name)):
                    connection.execute(CreateIndex(index, if_not_exists=True))
            for statement in self._full_text.create:
                connection.exec_driver_sql(statement)

    def clear(self) -> None:
        """Forget everything: the index is going to be built anew."""
        with self._transaction() as connection:
            for table in _METADATA.sorted_tables:
                connection.execute(sa.delete(table))
            connection.exec_driver_sql(self._full_text.clear)

    def record(self, posts: Sequence[Recorded], checkpoint: Checkpoint) -> None:
        """Take in posts that log.txt has, and how far it has been taken in by that."""
        last = {(post.room, post.session): post for post in posts}
        with self._transaction() as connection:
            self._add_posts.execute(connection, map(_to_row, posts))
            self._add_words.execute(connection, ((post.number, self._full_text.held(post.text)) for post in posts))
            self._forget_sessions.execute(connection, last)
            self._add_sessions.execute(
                connection, ((*key, post.sequence, post.server_ts) for key, post in last.items())
            )
            connection.execute(sa.delete(_CHECKPOINT))
            connection.execute(sa.insert(_CHECKPOINT), {"size": checkpoint.size, "lines": checkpoint.lines})

    def checkpoint(self) -> Checkpoint:
        """How far log.txt has been taken in."""
        rows = self._rows(sa.select(_CHECKPOINT.c.size, _CHECKPOINT.c.lines))
        return Checkpoint(*rows[0]) if rows else Checkpoint()

    def newest(self) -> Recorded | None:
        """The post recorded last."""
        found = self._posts(_NEWEST)
        return found[0] if found else None

    def last_sequences(self, room: str, sessions: Sequence[str]) -> Mapping[str, int]:
        """The last sequence recorded of each session in a room; sessions with none are left out."""
        return dict(self._rows(_OF_SESSIONS, in_room=room, sessions=sessions))

    def last_of_sessions(self, room: str, since: int) -> dict[str, int]:
        """The last sequence of each session that said something in a room since a time (microseconds)."""
        return dict(self._rows(_LATELY, in_room=room, since=since))

    def position(self, room: str) -> Position | None:
        """Up to where a room's stream has been recorded."""
        rows = self._rows(_POSITION, in_room=room)
        return Position(offset=rows[0][0], id=post_id(*rows[0][1:])) if rows else None

    def history(self, room: str, before: int | None, limit: int) -> list[Recorded]:
        """The newest `limit` posts of a room before number `before`, newest first."""
        number = HIGHEST_NUMBER if before is None else row_number(before)
        return self._posts(_HISTORY, in_room=room, before=number, most=limit)

    def search(self, room: str, words: Iterable[str], before: int, limit: int) -> list[Recorded]:
        """The newest `limit` posts of a room before number `before` that hold all words, newest first."""
        asked, number = self._full_text.asked(words), row_number(before)
        return self._posts(self._search, asked=asked, in_room=room, before=number, most=limit)

    def mine(self, author: str, name: str, after: int, limit: int) -> list[Recorded]:
        """The oldest `limit` posts after number `after` that an author sent under a name, oldest first."""
        return self._posts(_MINE, of=owner(author, name), by=author, after=row_number(after), most=limit)

    def _posts(self, question: sa.Select[Any] | sa.TextualSelect, **given: Any) -> list[Recorded]:
        return [_to_post(*row) for row in self._rows(question, **given)]

    def _rows(self, question: sa.Select[Any] | sa.TextualSelect, **given: Any) -> Sequence[Any]:
        with self._transaction() as connection:
            return connection.execute(question, given).all()

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise IndexFailed(f"the index: {_reason(error)}") from error


class _Many:
    """A statement that is executed for many rows at once, as the driver takes it: nothing is done to a value."""

    def __init__(self, statement: sa.Insert | sa.Delete, dialect: sa.Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._positional: bool = compiled.positional
        self._names = tuple(compiled.positiontup or compiled.params)

    def execute(self, connection: sa.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
        """Execute it for rows whose values stand in the statement's order."""
        given: list[Any] = list(rows)
        if not self._positional:
            given = [dict(zip(self._names, row, strict=True)) for row in given]
        if given:
            connection.exec_driver_sql(self._sql, given)


def _to_row(post: Recorded) -> tuple[Any, ...]:
    """In the order of the columns."""
    return (
        post.number,
        post.room,
        post.offset,
        post.index,
        post.session,
        post.sequence,
        post.user,
        post.author,
        post.client_ts,
        post.server_ts,
        _to_json(post.text),
        owner(post.author, post.user),
    )


def _to_post(
    number: int,
    room: str,
    offset: int,
    index: int,
    session: str,
    sequence: int,
    user: str,
    author: str,
    client_ts: int,
    server_ts: int,
    text: str,
) -> Recorded:
    """From the columns in their order, without the owner."""
    return Recorded(
        number=number,
        room=room,
        offset=offset,
        index=index,
        session=session,
        sequence=sequence,
        user=user,
        author=author,
        client_ts=client_ts,
        server_ts=server_ts,
        text=text,
    )


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    """The database's own words: SQLAlchemy's hold the statement and its values, texts of messages too."""
    return str(error.orig) if isinstance(error, sa.exc.DBAPIError) else type(error).__name__


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # In a write-ahead log, readers do not wait for the writer. A power cut may take the last commits
    # (synchronous NORMAL), which is no loss: they are made again from log.txt.
    # A cache of 8 MB holds the ends of the indexes, which are what is written to; the default is 2 MB.
    # Fewer checkpoints, of 16 MB, write a page that changed often only once.
    for pragma in (
        "busy_timeout = 5000",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "cache_size = -8000",
        "wal_autocheckpoint = 4000",
    ):
        connection.execute(f"PRAGMA {pragma}")
