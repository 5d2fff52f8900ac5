"""The writer on a real disk and SQLite, with a stream that the test delivers and a clock that it moves."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from chat_archive.errors import LogFileHeld
from chat_archive.log_file import LogFile
from chat_archive.stall import CALM_AFTER, RETRY_AFTER
from testkit.writer_driver import LARGE, WriterDriver, delivery, writing_driver


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[WriterDriver]:
    """Yield a driver whose writer has begun to write."""
    with writing_driver(tmp_path) as made:
        yield made


def test_a_flood_is_recorded_in_chunks_and_after_a_failure_the_rest_is_left_for_later(driver: WriterDriver) -> None:
    with capture_logs() as logged:
        driver.stream.arrive(0, 1, 2, size=LARGE)
        driver.log_txt.rename(driver.log_txt.with_name("away"))
        driver.stream.arrive(3, 4, size=LARGE)

    assert [line["runs"] for line in logged if line["event"] == "posts.recorded"] == [
        [("s", 1, 1)],
        [("s", 2, 2)],
        [("s", 3, 3)],
    ]
    assert len([line for line in logged if line["event"] == "archive.stalled"]) == 1
    assert driver.writer.rooms()["lobby"]["recorded"] == 2
    assert driver.recorded() == [1, 2, 3]


def test_an_entry_of_a_newer_version_stalls_the_writer_until_that_version_runs(driver: WriterDriver) -> None:
    driver.stream.arrive(0)

    driver.stream.deliver(replace(delivery(1, 1), body=b'{"type":"album","version":2}'))

    assert not driver.writing()
    assert "a newer version of the chat wrote the entry at offset 1 of room.lobby" in driver.stalled()
    assert driver.recorded() == [1]


@pytest.mark.parametrize("noticed_by", ["a delivery", "a check"])
def test_a_failure_stops_the_writer_and_lets_another_process_open_log_txt(
    driver: WriterDriver, noticed_by: str
) -> None:
    driver.stream.arrive(0)
    driver.log_txt.write_bytes(b"")

    if noticed_by == "a delivery":
        driver.stream.arrive(1)
    else:
        driver.tick()

    assert not driver.writing()
    assert "size has changed" in driver.stalled()
    with closing(LogFile(driver.log_txt)) as other:
        other.open()


def test_a_failed_index_stops_the_writer_and_lets_another_process_open_log_txt(driver: WriterDriver) -> None:
    with driver.index._database.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE checkpoint_3")

    driver.stream.arrive(0)

    assert "checkpoint_3. Free space on its disk, and let the archive write" in (driver.writer.problem or "")
    with closing(LogFile(driver.log_txt)) as other:
        other.open()


def test_a_stalled_writer_retries_after_a_pause_and_reads_the_stream_from_the_last_entry(driver: WriterDriver) -> None:
    driver.stream.arrive(0, 1)
    driver.log_txt.rename(driver.log_txt.with_name("away"))
    driver.tick()
    driver.log_txt.with_name("away").rename(driver.log_txt)

    driver.tick(RETRY_AFTER - 1)
    assert not driver.writing()
    driver.tick(1)
    assert driver.writing()

    assert driver.stream.sources[-1].offset == 1
    driver.stream.arrive(2, to=-2)
    assert driver.recorded() == [1, 2], "the former consumer's deliveries are dropped"
    driver.stream.arrive(1, 2)
    assert driver.recorded() == [1, 2, 3]


def test_a_writer_has_resumed_once_it_has_written_for_a_while_without_a_failure(driver: WriterDriver) -> None:
    driver.log_txt.rename(driver.log_txt.with_name("away"))
    driver.tick()
    driver.log_txt.with_name("away").rename(driver.log_txt)

    with capture_logs() as logged:
        driver.tick(CALM_AFTER - 1)
        assert driver.stalled()
        driver.tick(1)

    assert driver.writer.stalled is None
    assert [line["event"] for line in logged][-1] == "archive.resumed"


def test_a_writer_waits_while_another_process_holds_log_txt(tmp_path: Path) -> None:
    driver = WriterDriver(tmp_path)
    with closing(LogFile(driver.log_txt)) as other, capture_logs() as logged:
        other.open()
        driver.tick()
        driver.tick()
        driver.tick(RETRY_AFTER)

    stalls = [(line["reason"], line["log_level"]) for line in logged if line["event"] == "archive.stalled"]
    assert stalls == [(LogFileHeld.reason, "info")]
    driver.tick(RETRY_AFTER)
    assert driver.writing()
    driver.writer.close()


def test_closing_lets_another_process_open_log_txt_although_the_broker_is_lost(
    driver: WriterDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_queue: str) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(driver.stream, "cancel", lost)

    driver.writer.close()

    with closing(LogFile(driver.log_txt)) as other:
        other.open()


def test_without_the_lease_a_writer_prepares_the_index_and_does_not_open_log_txt(tmp_path: Path) -> None:
    driver = WriterDriver(tmp_path)

    for _ in range(3):
        driver.writer.tick(has_lease=False)

    assert driver.writer.index_ready
    assert driver.recorded() == []
    assert not driver.log_txt.exists()
