"""The index: a view of log.txt in a database, for the questions asked of it.

Any SQL database that SQLAlchemy knows will do; there is one writer, so no SQL is special to one of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from chat_archive.domain import Checkpoint, row_number, user_key
from chat_archive.errors import IndexFailed
from chat_wire.messages import Position, Recorded, post_id
from chat_wire.settings import InvalidSetting

_METADATA = sa.MetaData()
# SQLite's own row numbers are of type INTEGER, and of 64 bits.
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# Texts are kept as JSON because PostgreSQL takes no NUL in a text, and somebody will send one.
_MESSAGES = sa.Table(
    "messages",
    _METADATA,
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("room", sa.Text, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("index", sa.Integer, nullable=False),
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("user_key", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("client_ts", sa.BigInteger, nullable=False),
    sa.Column("server_ts", sa.BigInteger, nullable=False),
    sa.Column("text", sa.JSON, nullable=False),
    sa.Index("messages_once", "session", "sequence", unique=True),
    sa.Index("messages_mine", "author", "user_key", "number"),
    sa.Index("messages_of_room", "room", "number"),
)
# The last post of each session in a room.
_SESSIONS = sa.Table(
    "sessions",
    _METADATA,
    sa.Column("room", sa.Text, primary_key=True),
    sa.Column("session", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("server_ts", sa.BigInteger, nullable=False),
    sa.Index("sessions_heard", "room", "server_ts"),
)
_CHECKPOINT = sa.Table(
    "checkpoint",
    _METADATA,
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("lines", sa.BigInteger, nullable=False),
)
_LAST_OF = _SESSIONS.c
_LAST = sa.select(_LAST_OF.session, _LAST_OF.sequence)
_FORGET = sa.delete(_SESSIONS).where(_LAST_OF.room == sa.bindparam("in_room"), _LAST_OF.session == sa.bindparam("of"))
MOST_SESSIONS = 10_000
_ROW = _MESSAGES.c
_RECORDED = [column for column in _ROW if column.name != "user_key"]


class Index:
    """Every replica reads it; the writer alone records. All methods raise IndexFailed."""

    def __init__(self, url: str) -> None:
        """Connects when first used. Raises InvalidSetting for a URL that no driver here takes."""
        try:
            self._engine = sa.create_engine(url, pool_pre_ping=True, json_serializer=_to_json)
        except (sa.exc.ArgumentError, ImportError) as error:
            raise InvalidSetting(f"INDEX_URL is no database that can be used here ({type(error).__name__})") from None
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _prepare_sqlite)

    def create(self) -> None:
        """Make the tables that are not there; another replica may be doing so too."""
        with self._transaction() as connection:
            for table in _METADATA.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
                for index in sorted(table.indexes, key=lambda each: str(each.name)):
                    connection.execute(CreateIndex(index, if_not_exists=True))

    def clear(self) -> None:
        """Forget everything: the index is going to be built anew."""
        with self._transaction() as connection:
            connection.execute(sa.delete(_MESSAGES))
            connection.execute(sa.delete(_SESSIONS))
            connection.execute(sa.delete(_CHECKPOINT))

    def record(self, posts: Sequence[Recorded], checkpoint: Checkpoint) -> None:
        """Take in posts that log.txt has, and how far it has been taken in by that."""
        with self._transaction() as connection:
            if posts:
                connection.execute(sa.insert(_MESSAGES), [_to_row(post) for post in posts])
                last = {(post.room, post.session): post for post in posts}
                connection.execute(_FORGET, [{"in_room": room, "of": session} for room, session in last])
                connection.execute(sa.insert(_SESSIONS), [_to_session(post) for post in last.values()])
            connection.execute(sa.delete(_CHECKPOINT))
            connection.execute(sa.insert(_CHECKPOINT), {"size": checkpoint.size, "lines": checkpoint.lines})

    def checkpoint(self) -> Checkpoint:
        """How far log.txt has been taken in."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(_CHECKPOINT.c.size, _CHECKPOINT.c.lines)).first()
        return Checkpoint(row.size, row.lines) if row else Checkpoint()

    def newest(self) -> Recorded | None:
        """The post recorded last."""
        found = self._posts(sa.select(*_RECORDED).order_by(_ROW.number.desc()).limit(1))
        return found[0] if found else None

    def last_sequences(self, room: str, sessions: Sequence[str]) -> Mapping[str, int]:
        """The last sequence recorded of each session in a room; sessions with none are left out."""
        return self._last(_LAST.where(_LAST_OF.room == room, _LAST_OF.session.in_(sessions)))

    def last_of_sessions(self, room: str, since: int) -> dict[str, int]:
        """The last sequence of each session that said something in a room since a time (microseconds)."""
        question = _LAST.where(_LAST_OF.room == room, _LAST_OF.server_ts >= since)
        return self._last(question.order_by(_LAST_OF.server_ts.desc()).limit(MOST_SESSIONS))

    def _last(self, question: sa.Select[tuple[str, int]]) -> dict[str, int]:
        with self._transaction() as connection:
            return {row.session: row.sequence for row in connection.execute(question)}

    def position(self, room: str) -> Position | None:
        """Up to where a room's stream has been recorded."""
        question = (
            sa.select(_ROW.offset, _ROW.session, _ROW.sequence)
            .where(_ROW.room == room)
            .order_by(_ROW.number.desc())
            .limit(1)
        )
        with self._transaction() as connection:
            row = connection.execute(question).first()
        return Position(offset=row[0], id=post_id(row[1], row[2])) if row else None

    def history(self, room: str, before: int | None, limit: int) -> list[Recorded]:
        """The newest `limit` posts of a room before number `before`, newest first."""
        question = sa.select(*_RECORDED).where(_ROW.room == room)
        if before is not None:
            question = question.where(_ROW.number < row_number(before))
        return self._posts(question.order_by(_ROW.number.desc()).limit(limit))

    def mine(self, author: str, name: str, after: int, limit: int) -> list[Recorded]:
        """The oldest `limit` posts after number `after` that an author sent under a name, oldest first."""
        question = sa.select(*_RECORDED).where(
            _ROW.author == author, _ROW.user_key == user_key(name), _ROW.number > row_number(after)
        )
        return self._posts(question.order_by(_ROW.number).limit(limit))

    def _posts(self, question: sa.Select[Any]) -> list[Recorded]:
        with self._transaction() as connection:
            return [Recorded(**row) for row in connection.execute(question).mappings()]

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise IndexFailed(f"the index: {_reason(error)}") from error


def _to_row(post: Recorded) -> dict[str, Any]:
    return {
        "number": post.number,
        "room": post.room,
        "offset": post.offset,
        "index": post.index,
        "session": post.session,
        "sequence": post.sequence,
        "user": post.user,
        "user_key": user_key(post.user),
        "author": post.author,
        "client_ts": post.client_ts,
        "server_ts": post.server_ts,
        "text": post.text,
    }


def _to_session(post: Recorded) -> dict[str, Any]:
    return {"room": post.room, "session": post.session, "sequence": post.sequence, "server_ts": post.server_ts}


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    """The database's own words: SQLAlchemy's hold the statement and its values, texts of messages too."""
    return str(error.orig) if isinstance(error, sa.exc.DBAPIError) else type(error).__name__


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # In a write-ahead log, readers do not wait for the writer. A power cut may take the last commits
    # (synchronous NORMAL), which is no loss: they are made again from log.txt.
    for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
