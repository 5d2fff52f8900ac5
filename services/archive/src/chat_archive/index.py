"""The index: the recorded posts in a database, for questions.

In SQLite it is a view of log.txt (local_index.py); in PostgreSQL it is the truth (shared_index.py). Both run the
statements here, except those of fulltext.py. Frequent statements are built once: SQLAlchemy takes longer to build one
than a database takes to run most of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from chat_archive.bulk import BulkStatement
from chat_archive.database import Database
from chat_archive.fulltext import FULL_TEXTS
from chat_archive.index_schema import METADATA, POSTS, SESSIONS, STREAMS, to_post, to_row
from chat_archive.metrics import INDEX_SECONDS
from chat_archive.owners import owner_number
from chat_wire.limits import MAX_INT64
from chat_wire.messages import Position, Recorded, post_id

MAX_SESSIONS = 10_000
Statement = sa.Select[Any] | sa.CompoundSelect[Any] | sa.TextualSelect
_POST, _SESSION = POSTS.c, SESSIONS.c
_IN_ROOM, _LIMIT = sa.bindparam("in_room", type_=sa.Text), sa.bindparam("max_posts", type_=sa.Integer)
_COLUMNS = [column for column in _POST if column.name != "owner"]
_RECORDED = sa.select(*_COLUMNS)
# Clients get no author: nobody learns from a post who else its sender is.
_SHOWN = sa.select(
    *(sa.literal_column("''", sa.Text).label("author") if column.name == "author" else column for column in _COLUMNS)
)
_NEWEST = _RECORDED.where(_POST.number <= sa.bindparam("up_to")).order_by(_POST.number.desc()).limit(1)
_FOLLOWING = _RECORDED.where(_POST.number > sa.bindparam("after")).order_by(_POST.number).limit(_LIMIT)
_HISTORY = (
    _SHOWN.where(_POST.room == _IN_ROOM, _POST.number < sa.bindparam("before"))
    .order_by(_POST.number.desc())
    .limit(_LIMIT)
)
_ONWARD = (
    _SHOWN.where(_POST.room == _IN_ROOM, _POST.number >= sa.bindparam("first")).order_by(_POST.number).limit(_LIMIT)
)
_SHOWN_COLUMNS = ", ".join("''" if column.name == "author" else f'posts."{column.name}"' for column in _COLUMNS)
# CROSS JOIN makes SQLite read the table words first: it looks up only the posts that match, from the newest one on, and
# stops at the limit.
_SEARCH = f"""
SELECT {_SHOWN_COLUMNS} FROM words CROSS JOIN posts
WHERE {{condition}} AND words.rowid >= :first AND words.rowid < :before
    AND posts.number = words.rowid AND posts.room = :in_room
ORDER BY words.rowid DESC LIMIT :max_posts
"""


def _sent_by(number: int) -> sa.Select[Any]:
    """Return the statement for the posts of one of several authors. Each reads the index on `owner` up to the limit."""
    return (
        _SHOWN.where(
            _POST.owner == sa.bindparam(f"owner_{number}"),
            _POST.author == sa.bindparam(f"author_{number}"),
            _POST.number > sa.bindparam("after"),
        )
        .order_by(_POST.number)
        .limit(_LIMIT)
    )


# One statement, so that both authors are read at one moment: a page has all posts up to its last one.
_SENT_BY_EITHER = sa.union_all(*(sa.select(_sent_by(number).subquery()) for number in range(2)))
_SENT_BY: dict[int, Statement] = {1: _sent_by(0), 2: _SENT_BY_EITHER.order_by("number").limit(_LIMIT)}
_POSITION = (
    sa.select(_POST.offset, _POST.session, _POST.sequence)
    .where(_POST.room == _IN_ROOM)
    .order_by(_POST.number.desc())
    .limit(1)
)
_SEQUENCES = sa.select(_SESSION.session, _SESSION.sequence).where(_SESSION.room == _IN_ROOM)
_LAST_SEQUENCES = _SEQUENCES.where(_SESSION.session.in_(sa.bindparam("sessions", expanding=True)))
_RECENT_SEQUENCES = (
    _SEQUENCES.where(_SESSION.server_ts >= sa.bindparam("since"))
    .order_by(_SESSION.server_ts.desc())
    .limit(MAX_SESSIONS)
)
_STREAM_START = sa.select(sa.func.max(STREAMS.c.first)).where(STREAMS.c.room == _IN_ROOM)
_REMOVE_SESSION = sa.delete(SESSIONS).where(_SESSION.room == _IN_ROOM, _SESSION.session == sa.bindparam("of_session"))


class Mark(Protocol):
    """How far the index is, once it has the posts of a transaction."""

    def write(self, connection: sa.Connection) -> None:
        """Write the mark, first of all in the transaction; raise an error to undo the transaction."""
        ...


class Index:
    """The recorded posts in a database. Every replica reads it, and only the writer records.

    All methods may raise IndexFailed.
    """

    def __init__(self, database: Database) -> None:
        """Prepare the index; the database connects on first use.

        Args:
            database: SQLite or PostgreSQL.
        """
        self._database = database
        self._full_text = FULL_TEXTS[database.dialect.name]
        self._search = sa.text(_SEARCH.format(condition=self._full_text.condition)).columns(*_SHOWN.selected_columns)
        self._add_posts = BulkStatement(sa.insert(POSTS), database.dialect)
        self._add_words = BulkStatement(self._full_text.add, database.dialect)
        self._remove_sessions = BulkStatement(_REMOVE_SESSION, database.dialect)
        self._add_sessions = BulkStatement(sa.insert(SESSIONS), database.dialect)

    def create(self) -> None:
        """Create the tables that do not exist; another replica may do so at the same time."""
        with self._database.transaction() as connection:
            self._create_tables(connection)

    def record(self, posts: Sequence[Recorded], mark: Mark) -> None:
        """Add posts in one transaction.

        Args:
            posts: New posts, in the order of their numbers.
            mark: How far the index is with these posts.
        """
        last = {(post.room, post.session): post for post in posts}
        starts = self._stream_starts(posts)
        with INDEX_SECONDS.time(), self._database.transaction() as connection:
            mark.write(connection)
            self._add_posts.execute(connection, map(to_row, posts))
            self._add_words.execute(connection, ((post.number, self._full_text.stored(post)) for post in posts))
            self._remove_sessions.execute(connection, last)
            self._add_sessions.execute(
                connection, ((*key, post.sequence, post.server_ts) for key, post in last.items())
            )
            if starts:
                connection.execute(sa.insert(STREAMS), starts)

    def newest(self, up_to: int = MAX_INT64) -> Recorded | None:
        """Return the post with the highest number, which is at most `up_to`."""
        found = self._posts(_NEWEST, up_to=up_to)
        return found[0] if found else None

    def following(self, number: int, limit: int) -> list[Recorded]:
        """Return the oldest `limit` posts of all rooms after a number, oldest first."""
        return self._posts(_FOLLOWING, after=number, max_posts=limit)

    def last_sequences(self, room: str, sessions: Sequence[str]) -> Mapping[str, int]:
        """Return the last sequence recorded of each session in a room, without sessions that have none."""
        return dict(self._rows(_LAST_SEQUENCES, in_room=room, sessions=sessions))

    def recent_sequences(self, room: str, since: int) -> dict[str, int]:
        """Return the last sequence of each session that posted in a room since a time, in microseconds."""
        return dict(self._rows(_RECENT_SEQUENCES, in_room=room, since=since))

    def position(self, room: str) -> Position | None:
        """Return the position up to which a room's stream has been recorded."""
        rows = self._rows(_POSITION, in_room=room)
        return Position(offset=rows[0][0], id=post_id(*rows[0][1:])) if rows else None

    def history(self, room: str, before: int | None, limit: int) -> list[Recorded]:
        """Return the newest `limit` posts of a room before number `before`, newest first, without authors."""
        number = MAX_INT64 if before is None else _to_column(before)
        return self._posts(_HISTORY, in_room=room, before=number, max_posts=limit)

    def stream_start(self, room: str) -> int:
        """Return the number of the first post of a room's present stream, or a lower number without a post."""
        return self._rows(_STREAM_START, in_room=room)[0][0] or 0

    def onward(self, room: str, first: int, limit: int) -> list[Recorded]:
        """Return the oldest `limit` posts of a room from number `first` on, oldest first, without authors."""
        return self._posts(_ONWARD, in_room=room, first=_to_column(first), max_posts=limit)

    def numbered(self, numbers: range, limit: int, room: str | None, since: int | None) -> list[Recorded]:
        """Return the oldest `limit` posts with these numbers, oldest first.

        Args:
            numbers: The posts to look through.
            limit: How many posts to return at most.
            room: The room's name; None for all rooms.
            since: The earliest time of arrival, in microseconds; None for any time.
        """
        wanted = _RECORDED.where(_POST.number >= numbers.start, _POST.number < numbers.stop)
        if room is not None:
            wanted = wanted.where(_POST.room == room)
        if since is not None:
            wanted = wanted.where(_POST.server_ts >= since)
        return self._posts(wanted.order_by(_POST.number).limit(limit))

    def search(self, room: str, words: Iterable[str], numbers: range, limit: int) -> list[Recorded]:
        """Return the newest `limit` posts of a room that match all words, newest first, without authors.

        Args:
            room: The room's name.
            words: Each has to be the beginning of a stored word.
            numbers: The posts to look through.
            limit: How many posts to return at most.
        """
        return self._posts(
            self._search,
            query=self._full_text.query(words),
            in_room=room,
            first=_to_column(numbers.start),
            before=_to_column(numbers.stop),
            max_posts=limit,
        )

    def sent_by(self, authors: Sequence[str], name: str, after: int, limit: int) -> list[Recorded]:
        """Return the oldest `limit` posts of a person under a name, oldest first, without authors.

        Args:
            authors: What the field `author` of these posts may hold, one or two texts.
            name: The name as typed.
            after: Return posts with a higher number than this.
            limit: How many posts to return at most.
        """
        owners = {f"owner_{number}": owner_number(author, name) for number, author in enumerate(authors)}
        fields = {f"author_{number}": author for number, author in enumerate(authors)}
        statement = _SENT_BY[len(authors)]
        return self._posts(statement, **owners, **fields, after=_to_column(after), max_posts=limit)

    def _stream_starts(self, posts: Sequence[Recorded]) -> list[dict[str, Any]]:
        """Return a row of STREAMS for each post whose offset is lower than that of the post before in its room."""
        positions = {room: self.position(room) for room in {post.room for post in posts}}
        offsets = {room: position.offset if position else 0 for room, position in positions.items()}
        starts = []
        for post in posts:
            if post.offset < offsets[post.room]:
                starts.append({"room": post.room, "first": post.number})
            offsets[post.room] = post.offset
        return starts

    def _posts(self, statement: Statement, **parameters: Any) -> list[Recorded]:
        return [to_post(*row) for row in self._rows(statement, **parameters)]

    def _rows(self, statement: Statement, **parameters: Any) -> Sequence[Any]:
        with self._database.transaction() as connection:
            return connection.execute(statement, parameters).all()

    def _create_tables(self, connection: sa.Connection) -> None:
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in sorted(table.indexes, key=lambda each: str(each.name)):
                connection.execute(CreateIndex(index, if_not_exists=True))
        for statement in self._full_text.create:
            connection.exec_driver_sql(statement)


def _to_column(number: int) -> int:
    """Return the nearest number of a line that a column of 64 bits can be compared with."""
    return max(0, min(number, MAX_INT64))
