"""How far the writer is behind, and why it is not well."""

import errno
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from chat_archive.room_reader import IDLE_AFTER
from chat_archive.stall import RETRY_AFTER
from chat_wire.messages import IMPORTER, Notice
from chat_worker.clock import now
from testkit.writer_driver import LATE, WriterDriver, delivery, of_stream, writing_driver


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[WriterDriver]:
    """Yield a driver whose writer has begun to write."""
    with writing_driver(tmp_path) as made:
        yield made


def taken_over(driver: WriterDriver, directory: Path) -> WriterDriver:
    """Return a driver whose writer goes on with what another one has recorded."""
    driver.writer.close()
    made = WriterDriver(directory)
    made.tick()
    made.tick()
    return made


def test_a_writer_that_takes_over_where_nothing_waits_is_not_behind(driver: WriterDriver, tmp_path: Path) -> None:
    driver.stream.arrive(0, 1)

    with closing((next_one := taken_over(driver, tmp_path)).writer), capture_logs() as logged:
        next_one.stream.arrive(1)
        assert next_one.behind() == (0, 0)
        joined = Notice(id="n", room="lobby", kind="joined", user="u", at=now() - LATE)
        next_one.stream.deliver(of_stream(2, joined))
        next_one.tick(2 * LATE)

        assert next_one.behind() == (0, 0)
        assert "archive.behind" not in [line["event"] for line in logged]
        next_one.stream.arrive(3)
        assert next_one.behind() == (60, 0)
        next_one.tick()
        assert "archive.behind" in [line["event"] for line in logged]


def test_imported_posts_are_not_late(driver: WriterDriver) -> None:
    driver.stream.deliver(delivery(0, 1, router=IMPORTER))

    assert driver.recorded() == [1]
    assert driver.behind() == (0, 0)


def test_a_stalled_writer_counts_what_waits_until_it_is_recorded(driver: WriterDriver) -> None:
    driver.stream.arrive(0)
    driver.log_txt.rename(driver.log_txt.with_name("away"))
    driver.stream.arrive(1, 2)
    assert driver.behind() == (60, 2)

    assert driver.stream.sources[-1].offset == 3, "it goes on where it stopped"
    driver.stream.arrive(3, 4)
    assert driver.behind() == (60, 4)
    driver.log_txt.with_name("away").rename(driver.log_txt)
    driver.tick(RETRY_AFTER)
    driver.stream.arrive(0, 1, 2)
    assert driver.behind() == (60, 2)
    driver.stream.arrive(3, 4)

    assert driver.recorded() == [1, 2, 3, 4, 5]
    driver.tick(IDLE_AFTER + 1)
    assert driver.behind() == (0, 0)


def test_a_writer_that_waits_for_log_txt_says_why_and_counts_what_waits(driver: WriterDriver, tmp_path: Path) -> None:
    driver.stream.arrive(0)
    waiting = WriterDriver(tmp_path)
    for _ in range(3):
        waiting.tick(RETRY_AFTER)
    waiting.stream.arrive(1, 2)

    assert "log.txt. If this lasts, an archive was paused or is stuck" in (waiting.writer.problem or "")
    assert waiting.behind() == (60, 2)
    assert [source.offset for source in waiting.stream.sources] == [1]
    driver.stream.arrive(1, 2)
    driver.writer.close()
    waiting.tick(RETRY_AFTER)
    assert waiting.behind() == (0, 0)
    waiting.writer.close()


@pytest.mark.parametrize(("number", "todo"), [(errno.ENOSPC, "Free space"), (errno.EACCES, "Let the archive read")])
def test_a_writer_that_cannot_write_says_what_to_do(
    driver: WriterDriver, monkeypatch: pytest.MonkeyPatch, number: int, todo: str
) -> None:
    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", fail)
    driver.stream.arrive(0)

    assert f"{os.strerror(number)}. {todo}" in (driver.writer.problem or "")
