"""The index in SQLite: a view of log.txt, which is the truth."""

from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from chat_archive.database import Database
from chat_archive.index import Index
from chat_archive.index_schema import METADATA, to_json

TODO = (
    "Free space on its disk, and let the archive write the file. If it is damaged, stop the archives and remove it: "
    "the next writer fills it from log.txt"
)
# If a later version puts other content into the rows of any table, rename this table (checkpoint_4, ...): an existing
# index then has no checkpoint, and the writer rebuilds it. If the columns of a table change, rename that table as well,
# because CREATE TABLE IF NOT EXISTS leaves an existing one alone.
CHECKPOINT = sa.Table(
    "checkpoint_3",
    sa.MetaData(),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("lines", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How much of log.txt is in the index: its first `size` bytes, which are `lines` lines."""

    size: int = 0
    lines: int = 0

    def write(self, connection: sa.Connection) -> None:
        """Replace the checkpoint in the database."""
        connection.execute(sa.delete(CHECKPOINT))
        connection.execute(sa.insert(CHECKPOINT), {"size": self.size, "lines": self.lines})


class LocalIndex(Index):
    """The index of one log.txt. It is cleared and filled again if it is not a view of that file."""

    def __init__(self, url: str) -> None:
        """Prepare the index; it connects on first use.

        Args:
            url: The URL of SQLAlchemy, for SQLite.
        """
        engine = sa.create_engine(url, json_serializer=to_json, json_deserializer=orjson.loads)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        super().__init__(Database(engine, TODO))

    def clear(self) -> None:
        """Remove everything, before the index is rebuilt."""
        with self._database.transaction() as connection:
            for table in (*METADATA.sorted_tables, CHECKPOINT, *_other_checkpoints(connection)):
                connection.execute(sa.delete(table))
            connection.exec_driver_sql("INSERT INTO words(words) VALUES ('delete-all')")

    def checkpoint(self) -> Checkpoint:
        """Return how much of log.txt is in the index."""
        rows = self._rows(sa.select(CHECKPOINT.c.size, CHECKPOINT.c.lines))
        return Checkpoint(*rows[0]) if rows else Checkpoint()

    def has_other_writer(self) -> bool:
        """Return whether an archive of another version has recorded since this version cleared the index.

        During an upgrade both may write, one after the other. They share tables, but not what is in them.
        """
        with self._database.transaction() as connection:
            others = _other_checkpoints(connection)
            return any(connection.execute(sa.select(sa.literal(1)).select_from(each)).first() for each in others)

    def _create_tables(self, connection: sa.Connection) -> None:
        super()._create_tables(connection)
        connection.execute(CreateTable(CHECKPOINT, if_not_exists=True))


def _other_checkpoints(connection: sa.Connection) -> list[sa.TableClause]:
    """Return the checkpoints of other versions; a version writes its own together with the posts."""
    names = sa.inspect(connection).get_table_names()
    return [sa.table(name) for name in names if name.startswith("checkpoint") and name != CHECKPOINT.name]


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # With a write-ahead log, readers do not wait for the writer. With synchronous = NORMAL, a power cut can lose the
    # last commits, which the next writer repeats from log.txt. The cache of 8 MB, instead of 2 MB, holds the ends of
    # the database's indexes, where the writer adds. Checkpoints every 16 MB, instead of 4 MB, write pages that
    # change often only once.
    for pragma in (
        "busy_timeout = 5000",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "cache_size = -8000",
        "wal_autocheckpoint = 4000",
    ):
        connection.execute(f"PRAGMA {pragma}")
