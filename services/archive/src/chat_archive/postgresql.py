"""Connections to PostgreSQL that give up when the server or the network is silent.

Without these limits, a driver waits for minutes when a network goes silent. Meanwhile the worker sends no heartbeats,
and the broker closes its connection after 20 s. A URL can set other limits.
"""

import time
from collections.abc import Generator
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

from chat_archive.database import Database
from chat_archive.index_schema import to_json

# The archive's own schema: older versions have their tables in the default one, and clear those.
SCHEMA = "tertulia"
# For the time without any byte from the server, although TCP may say that the server is alive.
SILENT_SECONDS = 5
# After a failure the writer tries again after 1 s. The rest is shorter, so that it does not meet its end.
REST_SECONDS = 0.8
TODO = "Start PostgreSQL and let the archive reach it, or correct INDEX_URL. The archive then goes on by itself"
CONNECT = {
    "connect_timeout": "2",
    "tcp_user_timeout": "4000",
    "keepalives_idle": "2",
    "keepalives_interval": "1",
    "keepalives_count": "3",
}
# The row that a writer has locked in a transaction keeps out the next writer. idle_in_transaction_session_timeout ends
# the transaction of a writer that was paused or parted from the server within it, unless the server waits for the rest
# of a pipeline. Then the server's own keepalives find a lost writer; by default they begin after two hours.
SESSION = {
    "search_path": SCHEMA,
    "statement_timeout": "4s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "5s",
    "tcp_user_timeout": "4s",
    "tcp_keepalives_idle": "2s",
    "tcp_keepalives_interval": "1s",
    "tcp_keepalives_count": "3",
}


class ImpatientConnection(psycopg.Connection[Any]):
    """A connection that closes itself when the server has been silent for SILENT_SECONDS."""

    def wait(self, gen: PQGen[Any], *arguments: Any, **named: Any) -> Any:
        """Wait as psycopg does, while the server sends or takes bytes."""
        return super().wait(self._unless_silent(gen), *arguments, **named)

    def _unless_silent(self, gen: PQGen[Any]) -> Generator[Wait, Ready | int, Any]:
        heard_at = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    heard_at = time.monotonic()
                elif time.monotonic() - heard_at > SILENT_SECONDS:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"the server has been silent for {SILENT_SECONDS} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value


def postgresql(url: sa.URL) -> Database:
    """Return the database at a URL of PostgreSQL.

    Args:
        url: The URL of SQLAlchemy. Its query parameters go before the limits here.
    """
    options = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    given = {name: str(value) for name, value in url.query.items()}
    connect = {**CONNECT, **given, "options": f"{options} {given.get('options', '')}".strip()}
    engine = sa.create_engine(url, connect_args=connect, json_serializer=to_json, json_deserializer=orjson.loads)
    sa.event.listen(engine, "do_connect", _connect)
    return Database(engine, TODO, REST_SECONDS)


def _connect(_dialect: Any, _record: Any, arguments: Any, parameters: Any) -> psycopg.Connection[Any]:
    return ImpatientConnection.connect(*arguments, **parameters)
