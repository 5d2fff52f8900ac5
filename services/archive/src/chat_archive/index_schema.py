"""The tables of the index, and posts as rows of them."""

from typing import Any

import orjson
import sqlalchemy as sa

from chat_archive.owners import owner_number
from chat_wire.messages import Recorded

METADATA = sa.MetaData()
# SQLite's row numbers have 64 bits, and the type INTEGER.
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# Texts are stored as JSON, because PostgreSQL refuses NUL in a text and a client can send it.
# No unique index keeps a post from being added twice: the writer compares the last sequences in SESSIONS, which costs
# less (docs/decisions/0015-identify-posts-by-log-line.md).
POSTS = sa.Table(
    "posts",
    METADATA,
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
# The last post of each session in a room. The index sessions_heard covers every column that a query reads.
SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("room", sa.Text, primary_key=True),
    sa.Column("session", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("server_ts", sa.BigInteger, nullable=False),
    sa.Index("sessions_heard", "room", "server_ts", "session", "sequence"),
    sqlite_with_rowid=False,
)
# The first post of each stream of a room but the first: a new stream uses the offsets of the one before again.
STREAMS = sa.Table(
    "streams",
    METADATA,
    sa.Column("room", sa.Text, primary_key=True),
    sa.Column("first", _NUMBER, primary_key=True, autoincrement=False),
)


def to_row(post: Recorded) -> tuple[Any, ...]:
    """Return a post as a row of POSTS, in the order of the columns."""
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
        to_json(post.text),
        owner_number(post.author, post.user),
    )


def to_post(
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
    """Return the post in a row of POSTS, from the columns in their order, without the owner."""
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


def to_json(value: Any) -> str:
    """Return a value as JSON, as the column `text` stores it."""
    return orjson.dumps(value).decode()
