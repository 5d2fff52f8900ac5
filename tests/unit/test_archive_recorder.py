"""log.txt and its index on a real disk and SQLite: after any crash, both hold each post once, in order."""

import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from chat_archive.errors import IndexFailed, LogFileFailed, LogFileHeld, StorageFailed
from chat_archive.local_index import LocalIndex
from chat_archive.log_file import LogFile
from chat_archive.recorder import Recorder
from chat_archive.stream_entries import StreamEntry
from chat_wire.limits import MAX_INT64
from chat_wire.log_line import from_line
from chat_wire.messages import Batch, Position, Post, Recorded, Run

ENTRIES_AT_ONCE = 3


def stream(*runs: tuple[str, range], start: int = 0) -> list[StreamEntry]:
    """Return a room's stream, with one run in each entry."""
    return [StreamEntry(start + offset, entry(session, sequences)) for offset, (session, sequences) in enumerate(runs)]


def entry(session: str, sequences: range) -> Batch:
    posts = tuple(Post(sequence=each, client_ts=each, text=f"«{session} {each}»") for each in sequences)
    return Batch(room="lobby", router="r", server_ts=1, runs=(Run(session=session, user="u", author="a", posts=posts),))


STREAM = stream(("s", range(1, 4)), ("t", range(1, 2)), ("s", range(2, 6)), ("t", range(2, 4)), ("s", range(6, 7)))
IDS = ["s-1", "s-2", "s-3", "t-1", "s-4", "s-5", "t-2", "t-3", "s-6"]


def recorder_in(directory: Path) -> Recorder:
    index = LocalIndex(f"sqlite:///{directory / 'index.sqlite'}")
    index.create()
    return Recorder(LogFile(directory / "log.txt"), index)


@contextmanager
def recording(directory: Path) -> Iterator[Recorder]:
    """Yield a recorder that has caught up, and close it."""
    recorder = recorder_in(directory)
    recorder.open()
    while recorder.catch_up():
        pass
    yield recorder
    recorder.close()


def record(recorder: Recorder, entries: list[StreamEntry]) -> None:
    """Read a stream from the last recorded entry on, as rooms.py does."""
    position = recorder.position("lobby")
    resumed = [each for each in entries if position is None or each.offset >= position.offset]
    for start in range(0, len(resumed), ENTRIES_AT_ONCE):
        recorder.record("lobby", resumed[start : start + ENTRIES_AT_ONCE])


def in_log(directory: Path) -> list[Recorded]:
    lines = (directory / "log.txt").read_bytes().splitlines(keepends=True)
    return [from_line(line, number) for number, line in enumerate(lines, start=1)]


def in_index(directory: Path) -> list[Recorded]:
    return LocalIndex(f"sqlite:///{directory / 'index.sqlite'}").following(0, 10_000)


def found(directory: Path, *words: str) -> list[Recorded]:
    return LocalIndex(f"sqlite:///{directory / 'index.sqlite'}").search("lobby", words, range(MAX_INT64), 100)[::-1]


def ids(posts: list[Recorded]) -> list[str]:
    return [f"{post.session}-{post.sequence}" for post in posts]


def test_each_post_of_a_stream_is_recorded_once_in_its_order(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, STREAM)

    assert ids(in_log(tmp_path)) == IDS
    assert in_index(tmp_path) == in_log(tmp_path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_after_a_crash_at_any_byte_log_txt_and_the_index_have_each_post_once(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        with recording(directory) as recorder:
            record(recorder, STREAM[: data.draw(st.integers(0, len(STREAM)), label="indexed")])
        indexed = (directory / "log.txt").read_bytes()
        with tempfile.TemporaryDirectory() as other, recording(Path(other)) as recorder:
            record(recorder, STREAM)
            whole = (Path(other) / "log.txt").read_bytes()
        assert whole.startswith(indexed)
        (directory / "log.txt").write_bytes(whole[: data.draw(st.integers(0, len(whole)), label="written")])

        with recording(directory) as recorder:
            record(recorder, STREAM)

        assert (directory / "log.txt").read_bytes() == whole
        assert in_index(directory) == in_log(directory)


def test_a_deleted_index_is_rebuilt_from_log_txt(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, STREAM)
    for file in tmp_path.glob("index.sqlite*"):
        file.unlink()

    with recording(tmp_path) as recorder:
        assert recorder.position("lobby") == Position(offset=4, id="s-6")

    assert in_index(tmp_path) == in_log(tmp_path)
    assert ids(in_log(tmp_path)) == IDS


def test_an_index_of_lines_that_0_3_0_wrote_is_kept(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, STREAM)
    log_txt = tmp_path / "log.txt"
    log_txt.write_bytes(log_txt.read_bytes().replace("«s 6»".encode(), "\x9b2J".encode()))  # today "\\u009b2J"
    for file in tmp_path.glob("index.sqlite*"):
        file.unlink()
    with recording(tmp_path):
        pass

    with capture_logs() as logged, recording(tmp_path):
        pass

    assert [each.text for each in in_index(tmp_path)][-1] == "\x9b2J"
    assert not [each for each in logged if each["event"] == "index.rebuilding"]


def test_an_index_without_words_is_rebuilt_and_then_finds_all_posts(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, STREAM[:3])
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as before, before:
        before.execute("DROP TABLE words")
        before.execute("ALTER TABLE checkpoint_3 RENAME TO checkpoint_2")

    with capture_logs() as logged, recording(tmp_path) as recorder:
        record(recorder, STREAM)

    assert [line["event"] for line in logged] == ["index.rebuilding", "index.caught_up"]
    assert in_index(tmp_path) == in_log(tmp_path)
    assert ids(found(tmp_path, "s")) == [each for each in IDS if each.startswith("s")]


def test_an_index_that_an_older_version_left_without_posts_is_rebuilt(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, STREAM)
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as before, before:  # as 582386e left it
        before.execute("DROP TABLE posts")
        before.execute("ALTER TABLE checkpoint_3 RENAME TO checkpoint")

    with recording(tmp_path) as recorder:
        record(recorder, STREAM)

    assert in_index(tmp_path) == in_log(tmp_path)


def test_an_index_in_which_another_version_has_recorded_since_is_rebuilt(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as other, other:
        other.execute("CREATE TABLE checkpoint_2 (size BIGINT NOT NULL, lines BIGINT NOT NULL)")
        other.execute("INSERT INTO checkpoint_2 VALUES (1, 1)")
    with recording(tmp_path) as recorder:
        record(recorder, STREAM)
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as other, other:
        assert other.execute("SELECT * FROM checkpoint_2").fetchall() == []  # so the other version builds its own
        other.execute("INSERT INTO checkpoint_2 VALUES (1, 1)")
        other.execute("UPDATE posts SET text = '\"of the other version\"'")

    with recording(tmp_path):
        assert in_index(tmp_path) == in_log(tmp_path)


def test_a_rebuilt_index_finds_only_the_posts_of_the_new_log_txt(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, STREAM)
    (tmp_path / "log.txt").unlink()

    with recording(tmp_path) as recorder:
        record(recorder, stream(("t", range(1, 2))))

    assert (ids(found(tmp_path, "t", "1")), found(tmp_path, "s")) == (["t-1"], [])


def test_a_removed_log_txt_is_written_again_from_the_stream(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, STREAM)
        (tmp_path / "log.txt").unlink()

        with pytest.raises(LogFileFailed, match="removed"):
            recorder.record("lobby", stream(("z", range(1, 2)), start=9))

    with capture_logs() as logged, recording(tmp_path) as recorder:
        record(recorder, STREAM)

    assert [line["event"] for line in logged] == ["index.rebuilding"]
    assert ids(in_log(tmp_path)) == IDS
    assert in_index(tmp_path) == in_log(tmp_path)


def test_the_index_follows_a_log_txt_that_was_replaced_by_a_longer_one(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, stream(("old", range(1, 3))))
    other = tmp_path / "other"
    other.mkdir()
    with recording(other) as recorder:
        record(recorder, STREAM)

    (other / "log.txt").replace(tmp_path / "log.txt")
    with recording(tmp_path):
        pass

    assert ids(in_index(tmp_path)) == IDS


def test_a_check_notices_a_log_txt_that_was_shortened_in_place(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, STREAM)
        (tmp_path / "log.txt").write_bytes(b"")

        with pytest.raises(LogFileFailed):
            recorder.check()


def test_foreign_and_repeated_lines_keep_their_number_and_stay_out_of_the_index(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, stream(("s", range(1, 3))))
    with (tmp_path / "log.txt").open("ab") as file:
        file.write(b"an operator was here\n" + (tmp_path / "log.txt").read_bytes())

    with capture_logs() as logged, recording(tmp_path) as recorder:
        record(recorder, stream(("s", range(1, 4))))

    assert [line["event"] for line in logged] == ["log.unreadable_line", "log.repeated_lines", "index.caught_up"]
    assert [(post.number, post.sequence) for post in in_index(tmp_path)] == [(1, 1), (2, 2), (6, 3)]


def test_one_process_holds_log_txt_until_it_closes_the_file(tmp_path: Path) -> None:
    other = recorder_in(tmp_path)
    with recording(tmp_path) as recorder:
        record(recorder, STREAM)
        with pytest.raises(LogFileHeld):
            other.open()

    other.open()
    with pytest.raises(LogFileHeld):
        recorder_in(tmp_path).open()
    other.close()


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """Limit the size of files, in bytes: a write stops in the middle, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_no_part_of_a_write_and_loses_no_post(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    with recording(first) as recorder:
        record(recorder, STREAM[:1])
        size = (first / "log.txt").stat().st_size
        with disk_full_at(size + 100), pytest.raises(LogFileFailed, match="cannot be written"):
            record(recorder, STREAM)
        assert (first / "log.txt").stat().st_size == size

    with recording(first) as recorder:
        record(recorder, STREAM)

    assert ids(in_log(first)) == IDS
    assert in_index(first) == in_log(first)


def test_an_index_that_failed_after_a_write_to_log_txt_catches_up(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, STREAM[:1])
        blocker = LocalIndex(f"sqlite:///{tmp_path / 'index.sqlite'}")
        with blocker._database.transaction() as connection:
            connection.exec_driver_sql("DROP TABLE checkpoint_3")
        with pytest.raises(IndexFailed):
            record(recorder, STREAM)
    assert ids(in_log(tmp_path)) != ids(in_index(tmp_path))

    with recording(tmp_path) as recorder:
        record(recorder, STREAM)

    assert ids(in_log(tmp_path)) == IDS
    assert in_index(tmp_path) == in_log(tmp_path)


def test_a_sequence_beyond_64_bits_does_not_stop_the_archive(tmp_path: Path) -> None:
    huge = 2**63
    with capture_logs() as logged, recording(tmp_path) as recorder:
        record(recorder, stream(("s", range(1, 2)), ("evil", range(huge, huge + 1)), ("s", range(2, 3))))

    assert [line["event"] for line in logged] == ["posts.unrecordable"]
    assert ids(in_log(tmp_path)) == ["s-1", "s-2"]


def test_a_missing_directory_is_a_failure_of_storage(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="No such file"):
        Recorder(LogFile(tmp_path / "later" / "log.txt"), LocalIndex("sqlite://")).open()


def test_reading_the_stream_again_from_its_start_records_no_post_twice(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        recorder.record("lobby", STREAM)
        assert recorder.record("lobby", STREAM) == []

    with recording(tmp_path) as recorder:
        assert recorder.record("lobby", STREAM) == []
