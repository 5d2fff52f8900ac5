"""Statements for many rows at once."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa


class BulkStatement:
    """A statement that the driver executes for many rows. SQLAlchemy compiles it once and converts no value."""

    def __init__(self, statement: sa.Insert | sa.Delete, dialect: sa.Dialect) -> None:
        """Compile a statement.

        Args:
            statement: The statement, with a parameter for each value of a row.
            dialect: The database's dialect.
        """
        compiled: Any = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._positional: bool = compiled.positional
        self._names = tuple(compiled.positiontup or compiled.params)

    def execute(self, connection: sa.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
        """Execute the statement for rows, whose values are in the order of its parameters."""
        parameters: list[Any] = list(rows)
        if not self._positional:
            parameters = [dict(zip(self._names, row, strict=True)) for row in parameters]
        if parameters:
            connection.exec_driver_sql(self._sql, parameters)
