"""The recorder in PostgreSQL: whatever dies, the database has each post once, in order, and log.txt follows it."""

import errno
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from chat_archive import log_follower
from chat_archive.errors import Fenced, IndexFailed, LogFileFailed
from chat_archive.local_index import LocalIndex
from chat_archive.log_file import LogFile
from chat_archive.log_follower import LogFollower
from chat_archive.recorder import Recorder
from chat_archive.shared_index import SharedIndex
from chat_archive.shared_recorder import SharedRecorder
from chat_archive.stream_entries import StreamEntry
from chat_wire.log_line import from_line
from chat_wire.messages import Batch, Post, Run
from testkit.wait import until


def stream(*runs: tuple[str, range]) -> list[StreamEntry]:
    """Return a room's stream, with one run in each entry."""
    return [StreamEntry(offset, entry(session, sequences)) for offset, (session, sequences) in enumerate(runs)]


def entry(session: str, sequences: range) -> Batch:
    posts = tuple(Post(sequence=each, client_ts=each, text=f"«{session} {each}»") for each in sequences)
    return Batch(room="lobby", router="r", server_ts=1, runs=(Run(session=session, user="u", author="a", posts=posts),))


STREAM = stream(("s", range(1, 4)), ("t", range(1, 2)), ("s", range(4, 6)), ("t", range(2, 4)), ("s", range(6, 7)))
IDS = ["s-1", "s-2", "s-3", "t-1", "s-4", "s-5", "t-2", "t-3", "s-6"]


class Host:
    """The database and the log.txt of an archive on one host."""

    def __init__(self, directory: Path, database: str) -> None:
        """Make a host with an empty directory."""
        directory.mkdir()
        self.path = directory / "log.txt"
        self.index = SharedIndex(database)
        self.index.create()

    def recorder(self, own: int | None = None) -> SharedRecorder:
        """Return a recorder that has begun to write."""
        recorder = SharedRecorder(LogFile(self.path), self.index, own)
        recorder.open()
        while recorder.catch_up():
            pass
        return recorder

    def ids(self) -> list[str]:
        """Return the ids of all posts in the database, after checking their numbers."""
        posts = self.index.following(0, 1000)
        assert [post.number for post in posts] == sorted({post.number for post in posts})
        assert not posts or self.index.state().lines >= posts[-1].number
        return [f"{post.session}-{post.sequence}" for post in posts]

    def followed(self) -> list[str]:
        """Let log.txt follow, and return the ids of its posts."""
        follower = LogFollower(LogFile(self.path), self.index)
        follower.step()
        follower.close()
        lines = self.path.read_bytes().splitlines()
        posts = [from_line(line, number) for number, line in enumerate(lines, 1) if line.startswith(b"{")]
        return [f"{post.session}-{post.sequence}" for post in posts]


@pytest.fixture
def hosts(database: str, tmp_path: Path) -> list[Host]:
    """Return two hosts with one database."""
    return [Host(tmp_path / name, database) for name in ("one", "two")]


def record(recorder: SharedRecorder | Recorder, entries: list[StreamEntry]) -> None:
    """Read a stream from the last recorded entry on, as rooms.py does."""
    position = recorder.position("lobby")
    for each in entries:
        if position is None or each.offset >= position.offset:
            recorder.record("lobby", [each])


def write_log(directory: Path, entries: list[StreamEntry]) -> bytes:
    """Write log.txt as an older version did, and return it."""
    recorder = Recorder(LogFile(directory / "log.txt"), LocalIndex("sqlite://"))
    recorder.open()
    recorder.catch_up()
    recorder.record("lobby", entries)
    recorder.close()
    return (directory / "log.txt").read_bytes()


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


def test_until_it_is_imported_a_longer_log_txt_stays_as_it_is(hosts: list[Host]) -> None:
    one, two = hosts
    record(two.recorder(), STREAM[:2])
    written = write_log(one.path.parent, STREAM[:4])
    follower = LogFollower(LogFile(one.path), one.index)

    with capture_logs() as logged:
        follower.step()
        follower.step()
    assert [line["event"] for line in logged] == ["log.not_followed"]
    health = follower.health()
    assert health
    assert (health["lines"], health["of"], health["whole"]) == (8, 4, False)
    assert one.path.read_bytes() == written

    record(two.recorder(), STREAM)
    follower.step()
    follower.close()
    assert one.followed() == two.followed() == IDS


@pytest.mark.parametrize("entries", [STREAM[2:], [*STREAM, *STREAM[1:2]][1:], STREAM[4:]])
def test_a_log_txt_that_contradicts_the_database_is_set_aside_and_filled_anew(
    hosts: list[Host], entries: list[StreamEntry]
) -> None:
    one, two = hosts
    record(one.recorder(), STREAM)
    other = write_log(two.path.parent, entries)

    with capture_logs() as logged:
        record(two.recorder(), STREAM)
        assert two.followed() == IDS

    assert "log.set_aside" in [line["event"] for line in logged]
    assert two.path.with_name("log.txt.aside-1").read_bytes() == other
    assert one.ids() == IDS


def test_lines_that_nobody_can_read_keep_their_number(hosts: list[Host]) -> None:
    one, two = hosts
    write_log(one.path.parent, STREAM[:2])
    with one.path.open("ab") as file:
        file.write(b"an operator was here\n")

    record(one.recorder(), STREAM)

    assert [post.number for post in two.index.following(0, 100)] == [1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert one.followed() == two.followed() == IDS
    assert two.path.read_bytes().splitlines()[4] == b""
    assert one.followed() == IDS


def test_a_removed_log_txt_is_filled_again_from_the_database(hosts: list[Host]) -> None:
    one, _ = hosts
    record(one.recorder(), STREAM)
    follower = LogFollower(LogFile(one.path), one.index)
    follower.step()
    written = one.path.read_bytes()

    one.path.unlink()
    follower.step()
    follower.close()

    assert one.followed() == IDS
    assert one.path.read_bytes() == written


def test_an_unreadable_log_txt_keeps_a_first_writer_from_beginning_without_it(hosts: list[Host]) -> None:
    one, two = hosts
    one.path.mkdir()

    with pytest.raises(LogFileFailed):
        one.recorder()

    assert two.ids() == []
    assert not two.index.state().complete


def test_an_unreadable_log_txt_does_not_stop_a_writer_once_the_database_has_everything(hosts: list[Host]) -> None:
    one, two = hosts
    record(two.recorder(), STREAM[:2])
    one.path.mkdir()

    record(one.recorder(), STREAM)

    assert two.ids() == two.followed() == IDS


def test_a_full_disk_is_said_once_and_log_txt_is_not_read_again(
    hosts: list[Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = hosts
    record(two.recorder(), STREAM[:2])
    monkeypatch.setattr(log_follower, "RETRY_SECONDS", 0)
    follower = LogFollower(LogFile(one.path), one.index)
    follower.step()
    record(two.recorder(), STREAM)

    with monkeypatch.context() as full, capture_logs() as logged:
        full.setattr(os, "write", no_space)
        full.setattr(LogFile, "first_lines", None)
        follower.step()
        follower.step()
    assert [line["event"] for line in logged] == ["log.not_followed"]
    health = follower.health()
    assert health
    assert (health["lines"], health["whole"], "No space left" in health["problem"]) == (4, False, True)

    follower.step()
    assert follower.health() == {"lines": 9, "of": 9, "whole": True, "problem": None}
    follower.close()
    assert one.followed() == IDS


def no_space(_file: int, _lines: Any) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


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
