"""log.txt and its index on a real disk and a real SQLite: after any crash each post once, in order."""

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

from chat_archive.domain import HIGHEST_NUMBER, Arrived, from_line
from chat_archive.errors import IndexFailed, LogFileFailed, LogFileHeld, StorageFailed
from chat_archive.index import Index
from chat_archive.log_file import LogFile
from chat_archive.recorder import Recorder
from chat_wire.messages import Batch, Position, Post, Recorded, Run

DRAINED = 3


def stream(*runs: tuple[str, range], start: int = 0) -> list[Arrived]:
    """A room's stream, one run an entry."""
    return [Arrived(start + offset, entry(session, sequences)) for offset, (session, sequences) in enumerate(runs)]


def entry(session: str, sequences: range) -> Batch:
    posts = tuple(Post(sequence=each, client_ts=each, text=f"«{session} {each}»") for each in sequences)
    return Batch(room="lobby", router="r", server_ts=1, runs=(Run(session=session, user="u", author="a", posts=posts),))


SAID = stream(("s", range(1, 4)), ("t", range(1, 2)), ("s", range(2, 6)), ("t", range(2, 4)), ("s", range(6, 7)))
HEARD = ["s-1", "s-2", "s-3", "t-1", "s-4", "s-5", "t-2", "t-3", "s-6"]


def recorder_in(directory: Path) -> Recorder:
    index = Index(f"sqlite:///{directory / 'index.sqlite'}")
    index.create()
    return Recorder(LogFile(directory / "log.txt"), index)


@contextmanager
def recording(directory: Path) -> Iterator[Recorder]:
    """A recorder that has caught up."""
    recorder = recorder_in(directory)
    recorder.open()
    while recorder.catch_up():
        pass
    yield recorder
    recorder.close()


def record(recorder: Recorder, arrived: list[Arrived]) -> None:
    """Read a stream on from what is recorded, as rooms.py does."""
    position = recorder.position("lobby")
    resumed = [each for each in arrived if position is None or each.offset >= position.offset]
    for start in range(0, len(resumed), DRAINED):
        recorder.record("lobby", resumed[start : start + DRAINED])


def in_log(directory: Path) -> list[Recorded]:
    lines = (directory / "log.txt").read_bytes().splitlines(keepends=True)
    return [from_line(line, number) for number, line in enumerate(lines, start=1)]


def in_index(directory: Path) -> list[Recorded]:
    return Index(f"sqlite:///{directory / 'index.sqlite'}").history("lobby", None, 10_000)[::-1]


def found(directory: Path, *words: str) -> list[Recorded]:
    return Index(f"sqlite:///{directory / 'index.sqlite'}").search("lobby", words, HIGHEST_NUMBER, 100)[::-1]


def ids(posts: list[Recorded]) -> list[str]:
    return [f"{post.session}-{post.sequence}" for post in posts]


def test_each_post_of_a_stream_is_recorded_once_in_its_order(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, SAID)

    assert ids(in_log(tmp_path)) == HEARD
    assert in_index(tmp_path) == in_log(tmp_path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_after_a_crash_at_any_byte_log_txt_has_each_post_once_and_the_index_equals_it(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        with recording(directory) as recorder:
            record(recorder, SAID[: data.draw(st.integers(0, len(SAID)), label="indexed")])
        indexed = (directory / "log.txt").read_bytes()
        with tempfile.TemporaryDirectory() as other, recording(Path(other)) as recorder:
            record(recorder, SAID)
            whole = (Path(other) / "log.txt").read_bytes()
        assert whole.startswith(indexed)
        (directory / "log.txt").write_bytes(whole[: data.draw(st.integers(0, len(whole)), label="written")])

        with recording(directory) as recorder:
            record(recorder, SAID)

        assert (directory / "log.txt").read_bytes() == whole
        assert in_index(directory) == in_log(directory)


def test_an_index_that_is_deleted_is_built_anew_from_log_txt(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, SAID)
    for file in tmp_path.glob("index.sqlite*"):
        file.unlink()

    with recording(tmp_path) as recorder:
        assert recorder.position("lobby") == Position(offset=4, id="s-6")

    assert in_index(tmp_path) == in_log(tmp_path)
    assert ids(in_log(tmp_path)) == HEARD


def test_an_index_made_before_there_was_search_is_built_anew_and_finds_all(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, SAID[:3])
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as before, before:
        before.execute("DROP TABLE words")
        before.execute("ALTER TABLE checkpoint_2 RENAME TO checkpoint")

    with capture_logs() as logged, recording(tmp_path) as recorder:
        record(recorder, SAID)

    assert [line["event"] for line in logged] == ["index.rebuilding", "index.caught_up"]
    assert in_index(tmp_path) == in_log(tmp_path)
    assert ids(found(tmp_path, "s")) == [each for each in HEARD if each.startswith("s")]


def test_what_is_searched_for_is_found_in_an_index_that_was_built_anew(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, SAID)
    (tmp_path / "log.txt").unlink()

    with recording(tmp_path) as recorder:
        record(recorder, stream(("t", range(1, 2))))

    assert (ids(found(tmp_path, "t", "1")), found(tmp_path, "s")) == (["t-1"], [])


def test_a_log_txt_that_is_removed_is_filled_again_with_what_the_stream_has(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, SAID)
        (tmp_path / "log.txt").unlink()

        with pytest.raises(LogFileFailed, match="removed"):
            recorder.record("lobby", stream(("z", range(1, 2)), start=9))

    with capture_logs() as logged, recording(tmp_path) as recorder:
        record(recorder, SAID)

    assert [line["event"] for line in logged] == ["index.rebuilding"]
    assert ids(in_log(tmp_path)) == HEARD
    assert in_index(tmp_path) == in_log(tmp_path)


def test_a_log_txt_replaced_by_a_longer_one_is_what_counts(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, stream(("old", range(1, 3))))
    other = tmp_path / "other"
    other.mkdir()
    with recording(other) as recorder:
        record(recorder, SAID)

    (other / "log.txt").replace(tmp_path / "log.txt")
    with recording(tmp_path):
        pass

    assert ids(in_index(tmp_path)) == HEARD


def test_a_log_txt_shortened_in_place_is_noticed_within_a_second(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, SAID)
        (tmp_path / "log.txt").write_bytes(b"")

        with pytest.raises(LogFileFailed):
            recorder.check()

        assert not recorder.is_open


def test_lines_of_somebody_else_keep_their_number_and_stay_out_of_the_index(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, stream(("s", range(1, 3))))
    with (tmp_path / "log.txt").open("ab") as file:
        file.write(b"an operator was here\n" + (tmp_path / "log.txt").read_bytes())

    with capture_logs() as logged, recording(tmp_path) as recorder:
        record(recorder, stream(("s", range(1, 4))))

    assert [line["event"] for line in logged] == ["log.unreadable_line", "log.repeated_lines", "index.caught_up"]
    assert [(post.number, post.sequence) for post in in_index(tmp_path)] == [(1, 1), (2, 2), (6, 3)]


def test_one_process_writes_log_txt_and_another_gets_it_when_that_lets_go(tmp_path: Path) -> None:
    other = recorder_in(tmp_path)
    with recording(tmp_path) as recorder:
        record(recorder, SAID)
        with pytest.raises(LogFileHeld):
            other.open()

    other.open()
    assert other.is_open
    other.close()


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: writes stop in the middle, as they do on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_no_part_of_a_write_and_loses_nothing(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    with recording(first) as recorder:
        record(recorder, SAID[:1])
        size = (first / "log.txt").stat().st_size
        with disk_full_at(size + 100), pytest.raises(LogFileFailed, match="cannot be written"):
            record(recorder, SAID)
        assert (first / "log.txt").stat().st_size == size
        assert not recorder.is_open

    with recording(first) as recorder:
        record(recorder, SAID)

    assert ids(in_log(first)) == HEARD
    assert in_index(first) == in_log(first)


def test_an_index_that_fails_after_log_txt_was_written_catches_up(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        record(recorder, SAID[:1])
        blocker = Index(f"sqlite:///{tmp_path / 'index.sqlite'}")
        with blocker._transaction() as connection:
            connection.exec_driver_sql("DROP TABLE checkpoint_2")
        with pytest.raises(IndexFailed):
            record(recorder, SAID)
    assert ids(in_log(tmp_path)) != ids(in_index(tmp_path))

    with recording(tmp_path) as recorder:
        record(recorder, SAID)

    assert ids(in_log(tmp_path)) == HEARD
    assert in_index(tmp_path) == in_log(tmp_path)


def test_a_sequence_that_no_database_holds_does_not_stop_the_archive(tmp_path: Path) -> None:
    huge = 2**63
    with capture_logs() as logged, recording(tmp_path) as recorder:
        record(recorder, stream(("s", range(1, 2)), ("evil", range(huge, huge + 1)), ("s", range(2, 3))))

    assert [line["event"] for line in logged] == ["posts.unrecordable"]
    assert ids(in_log(tmp_path)) == ["s-1", "s-2"]


def test_a_directory_that_is_not_there_is_a_reason_to_wait(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="No such file"):
        Recorder(LogFile(tmp_path / "later" / "log.txt"), Index("sqlite://")).open()


def test_a_post_read_once_is_not_recorded_again_when_the_stream_is_read_from_its_start(tmp_path: Path) -> None:
    with recording(tmp_path) as recorder:
        recorder.record("lobby", SAID)
        assert recorder.record("lobby", SAID) == []

    with recording(tmp_path) as recorder:
        assert recorder.record("lobby", SAID) == []
