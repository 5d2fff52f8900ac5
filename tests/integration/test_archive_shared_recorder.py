"""The recorder in PostgreSQL: whatever dies, the database has each post once, in order, and log.txt follows it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from chat_archive.errors import Fenced, IndexFailed
from chat_archive.shared_index import SharedIndex
from chat_archive.shared_recorder import SharedRecorder
from testkit.shared_host import IDS, STREAM, Host, record, write_log
from testkit.wait import until


@pytest.fixture
def hosts(database: str, tmp_path: Path) -> list[Host]:
    """Return two hosts with one database."""
    return [Host(tmp_path / name, database) for name in ("one", "two")]


def test_a_writer_on_another_host_continues_and_the_one_before_is_fenced(hosts: list[Host]) -> None:
    one, two = hosts
    first = one.recorder()
    record(first, STREAM[:2])
    second = two.recorder()

    with pytest.raises(Fenced):
        record(first, STREAM)
    with pytest.raises(Fenced):
        first.check()
    record(second, STREAM)

    assert two.ids() == IDS
    assert one.followed() == two.followed() == IDS
    assert one.path.read_bytes() == two.path.read_bytes()


def test_a_fenced_writer_cannot_take_another_epoch_on_its_old_lease(hosts: list[Host]) -> None:
    one, two = hosts
    first = one.recorder()
    second = two.recorder()

    with pytest.raises(Fenced):
        one.recorder(own=first.epoch)
    record(two.recorder(own=second.epoch), STREAM)

    assert two.ids() == IDS


def test_a_transaction_that_is_open_when_the_next_writer_begins_counts_before_it_or_never(hosts: list[Host]) -> None:
    one, two = hosts
    first = one.recorder()
    begun: list[SharedRecorder] = []

    def begin_elsewhere(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE writer SET lines") and not begun:
            begun.append(two.recorder())

    sa.event.listen(one.index._database._engine, "before_cursor_execute", begin_elsewhere)
    with pytest.raises(Fenced):
        record(first, STREAM)
    record(begun[0], STREAM)

    assert two.ids() == IDS


def test_a_writer_that_was_paused_within_a_transaction_does_not_keep_the_next_one_out(
    hosts: list[Host], database: str
) -> None:
    one, two = hosts
    record(one.recorder(), STREAM[:2])
    url = sa.make_url(database)
    paused = psycopg.connect(host=url.host, port=url.port, user=url.username, dbname=url.database)
    with suppress(psycopg.OperationalError), closing(paused), paused.pipeline():
        paused.execute("UPDATE tertulia.writer SET lines = 1000")
        paused.pgconn.send_flush_request()
        paused.pgconn.flush()
        until(lambda: locked(two.index), 5, "the server waits for the rest of the pipeline")

        record(two.recorder(), STREAM)

        assert two.ids() == IDS
        assert two.index.state().lines == len(IDS)


def locked(index: SharedIndex) -> bool:
    """Return whether some transaction has written to the writer's row."""
    with index._database.transaction() as connection:
        found = connection.exec_driver_sql("SELECT 1 FROM pg_locks WHERE relation = 'writer'::regclass AND granted")
        return len(found.all()) > 0


@contextmanager
def failing_at(index: SharedIndex, number: int) -> Iterator[list[str]]:
    """Let the server end the connection before the statement with a number, also at a commit; yield the statements."""
    seen: list[str] = []

    def fail(connection: sa.Connection, statement: str) -> None:
        seen.append(statement)
        if len(seen) == number:
            raw: Any = connection.connection.driver_connection
            with SharedIndex(index._database._engine.url.render_as_string(False))._database.transaction() as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({raw.info.backend_pid}, 5000)")

    def before(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        fail(connection, statement)

    def committing(connection: sa.Connection) -> None:
        fail(connection, "COMMIT")

    engine = index._database._engine
    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "commit", committing)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", before)
        sa.event.remove(engine, "commit", committing)
        index._database._failed_at = 0


def test_after_a_writer_that_died_between_any_two_statements_the_next_one_goes_on(
    database: str, tmp_path: Path
) -> None:
    statements = number = 1
    while number <= statements:
        one, two = (Host(tmp_path / f"{name}-{number}", database) for name in ("one", "two"))
        written = write_log(one.path.parent, STREAM[:1])
        with failing_at(one.index, number) as seen, suppress(IndexFailed):
            record(one.recorder(), STREAM[:3])
        statements = max(statements, len(seen) + (len(seen) == number))

        record(two.recorder() if one.index.state().complete else one.recorder(), STREAM)

        assert two.ids() == IDS
        assert one.followed() == two.followed() == IDS
        assert two.path.read_bytes().startswith(written)
        with one.index._database.transaction() as connection:
            connection.exec_driver_sql("DROP SCHEMA tertulia CASCADE")
        number += 1
    assert number > 30


def test_lines_that_an_older_version_wrote_are_imported_by_the_first_writer(hosts: list[Host]) -> None:
    one, two = hosts
    written = write_log(one.path.parent, STREAM[:3])
    assert not one.index.state().complete

    record(one.recorder(), STREAM)

    assert one.index.state().complete
    assert one.ids() == IDS
    assert one.followed() == two.followed() == IDS
    assert one.path.read_bytes().startswith(written)
    assert one.path.read_bytes() == two.path.read_bytes()


def test_lines_that_a_log_txt_has_beyond_the_database_are_imported(hosts: list[Host]) -> None:
    one, two = hosts
    record(one.recorder(), STREAM[:2])
    write_log(one.path.parent, STREAM[:4])

    one.recorder()

    assert two.ids() == IDS[:8]


def test_tables_of_a_later_version_are_refused(hosts: list[Host]) -> None:
    one, _ = hosts
    with one.index._database.transaction() as connection:
        connection.exec_driver_sql("UPDATE writer SET version = 2")

    with pytest.raises(IndexFailed, match="upgrade the archive"):
        one.index.create()


def test_an_older_version_on_the_same_database_cannot_clear_the_posts(hosts: list[Host]) -> None:
    one, _ = hosts
    record(one.recorder(), STREAM)

    url = one.index._database._engine.url.render_as_string(hide_password=False)
    with sa.create_engine(url).begin() as older:  # as 4e4d9a3 connects: tables without a schema
        older.exec_driver_sql("CREATE TABLE posts (number BIGINT PRIMARY KEY)")
        older.exec_driver_sql("DELETE FROM posts")

    assert one.ids() == IDS


def test_a_database_whose_writer_table_was_emptied_says_how_to_fill_it(hosts: list[Host]) -> None:
    one, two = hosts
    record(one.recorder(), STREAM[:2])
    with one.index._database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM writer")

    with pytest.raises(IndexFailed, match=r"writer is empty\. Stop all archives") as failed:
        two.index.create()
    with one.index._database.transaction() as connection:
        connection.exec_driver_sql(str(failed.value).partition(" run: ")[2])
    record(two.recorder(), STREAM)

    assert one.ids() == IDS
