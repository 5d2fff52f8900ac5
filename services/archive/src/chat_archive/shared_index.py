"""The index in PostgreSQL: the truth, which the writers of all hosts continue one after the other.

The table `writer` has one row. Each writer that begins takes the next epoch; each of its transactions locks the row and
goes on only if the epoch is still its own. So a writer that was paused or parted cannot write once another has begun,
and its lock on the row keeps the next writer out until its last transaction has ended. That row also has the number of
the last line, so that no line has two posts.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from chat_archive.errors import Fenced, IndexFailed
from chat_archive.index import Index
from chat_archive.postgresql import SCHEMA, postgresql

# The version of these tables. A later version that changes them raises it, and brings the tables up to date.
VERSION = 1
WRITER = sa.Table(
    "writer",
    sa.MetaData(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("lines", sa.BigInteger, nullable=False),
    sa.Column("complete", sa.Boolean, nullable=False),
)
_ROW = WRITER.c
_CREATED = sa.select(sa.func.to_regclass(f"{SCHEMA}.writer").is_not(None))
_STATE = sa.select(_ROW.version, _ROW.epoch, _ROW.lines, _ROW.complete)
_BEGIN = (
    sa.update(WRITER)
    .where(sa.or_(_ROW.epoch == sa.bindparam("own"), sa.bindparam("own", type_=sa.BigInteger).is_(None)))
    .values(epoch=_ROW.epoch + 1)
    .returning(_ROW.epoch, _ROW.lines)
)
_PASS = (
    sa.update(WRITER)
    .where(_ROW.epoch == sa.bindparam("own"), _ROW.lines == sa.bindparam("before"))
    .values(lines=sa.bindparam("after"))
)
_COMPLETE = sa.update(WRITER).where(_ROW.epoch == sa.bindparam("own")).values(complete=True)
# A writer that was paused within a transaction keeps the row locked, and within a pipeline no timeout of the server
# ends that. Its transaction is undone or has been committed; either way the next one reads how far the database is.
_END_OTHERS = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid) "
    f"WHERE relation = '{SCHEMA}.writer'::regclass AND mode = 'RowExclusiveLock' AND granted "
    "AND pid <> pg_backend_pid() AND usename = current_user"
)
# The epoch is higher than that of each writer before.
_FILL_WRITER = (
    f"Stop all archives, and restore the database or run: INSERT INTO {SCHEMA}.writer "
    f"SELECT {VERSION}, extract(epoch FROM now()), coalesce(max(number), 0), true FROM {SCHEMA}.posts"
)
# A number of our own, for the lock that lets only one replica create the tables.
_CREATING = 7_385_146_014


@dataclass(frozen=True, slots=True)
class State:
    """The row of the table `writer`.

    Attributes:
        version: The version of the tables.
        epoch: The epoch of the writer that began last; 0 if none has.
        lines: The number of the last line.
        complete: Whether a writer has added everything that its log.txt had before.
    """

    version: int
    epoch: int
    lines: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """The right of a writer to add the lines after `before`, up to `after`."""

    epoch: int
    before: int
    after: int

    def write(self, connection: sa.Connection) -> None:
        """Lock the writer's row until the transaction ends, and raise Fenced if another writer has begun."""
        _one_row(connection, _PASS, {"own": self.epoch, "before": self.before, "after": self.after})


class SharedIndex(Index):
    """The posts in a PostgreSQL that several hosts may share. Nothing is ever removed from it."""

    def __init__(self, url: str) -> None:
        """Prepare the index; it connects on first use.

        Args:
            url: The URL of SQLAlchemy, for PostgreSQL.
        """
        super().__init__(postgresql(sa.make_url(url)))

    def create(self) -> None:
        """Create schema and tables unless they exist.

        Raises:
            IndexFailed: The tables are those of a later version, or the user may not create a schema.
        """
        with self._database.transaction() as connection:
            if not connection.execute(_CREATED).scalar():
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CREATING)))
                self._create_tables(connection)
        if (found := self.state().version) > VERSION:
            raise IndexFailed(f"the tables have version {found}, which is newer than this archive: upgrade the archive")

    def state(self) -> State:
        """Return the row of the table `writer`. Raises IndexFailed if somebody has removed it."""
        rows = self._rows(_STATE)
        if not rows:
            raise IndexFailed(f"the table {SCHEMA}.writer is empty. {_FILL_WRITER}")
        return State(*rows[0])

    def begin(self, own: int | None) -> tuple[int, int]:
        """Take the next epoch, and end the transaction that another writer may have begun.

        Args:
            own: The epoch that this replica took before on the same writer lease; None if it took none.

        Returns:
            The epoch, and the number of the last line.

        Raises:
            Fenced: Another writer has begun since then.
        """
        if own is not None and self.state().epoch != own:  # the transaction of the present writer must not end
            raise Fenced("another replica writes to the database")
        with self._database.transaction() as connection:
            connection.execute(_END_OTHERS)
            row = connection.execute(_BEGIN, {"own": own}).one_or_none()
        if row is None:
            raise Fenced("another replica writes to the database")
        return row[0], row[1]

    def complete(self, own: int) -> None:
        """Note that the database has everything from before, so that all hosts answer questions. Raises Fenced."""
        with self._database.transaction() as connection:
            _one_row(connection, _COMPLETE, {"own": own})

    def _create_tables(self, connection: sa.Connection) -> None:
        if not connection.execute(sa.select(sa.func.to_regnamespace(SCHEMA).is_not(None))).scalar():
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        super()._create_tables(connection)
        connection.execute(CreateTable(WRITER, if_not_exists=True))
        if not connection.execute(_STATE).all():
            first = {"version": VERSION, "epoch": 0, "lines": 0, "complete": False}
            connection.execute(sa.insert(WRITER), first)


def _one_row(connection: sa.Connection, statement: sa.Update, parameters: dict[str, int]) -> None:
    if connection.execute(statement, parameters).rowcount != 1:
        raise Fenced("another replica writes to the database")
