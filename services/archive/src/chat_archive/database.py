"""The database of the index: transactions whose errors name the database's reason and no text of a post.

In PostgreSQL, a transaction also ends soon if the database or the network is silent (postgresql.py). After a failure
all further transactions fail at once for a moment. So a worker with many questions in hand waits once, and still
sends its heartbeats to the broker.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from chat_archive.errors import IndexFailed


class Database:
    """A database, which connects on first use."""

    def __init__(self, engine: sa.Engine, todo: str, rest: float = 0) -> None:
        """Prepare a database.

        Args:
            engine: The engine of SQLAlchemy.
            todo: What an operator can do if the database fails.
            rest: The seconds after a failure of the database in which transactions fail at once.
        """
        self._engine = engine
        self._todo = todo
        self._rest = rest
        self._failed_at = -rest
        self._reason = ""

    @property
    def dialect(self) -> sa.Dialect:
        """The SQL of the database."""
        return self._engine.dialect

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Yield a connection, and commit its transaction unless the block raises an error.

        Raises:
            IndexFailed: The database failed, here or a moment ago. The commit may have happened or not.
        """
        if time.monotonic() - self._failed_at < self._rest:
            raise IndexFailed(self._reason)
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            self._reason = f"the index failed: {_reason(error)}. {self._todo}"
            if isinstance(error, sa.exc.OperationalError):
                self._failed_at = time.monotonic()
            raise IndexFailed(self._reason) from error


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    """Return the database's own message: SQLAlchemy's adds the statement and its values, texts of posts too."""
    return str(error.orig).strip() if isinstance(error, sa.exc.DBAPIError) else type(error).__name__
