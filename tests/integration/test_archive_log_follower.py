"""log.txt of a host follows PostgreSQL: it is whole, or says why not, and contradicts the database never for long."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from chat_archive import log_follower
from chat_archive.errors import LogFileFailed
from chat_archive.log_file import LogFile
from chat_archive.log_follower import LogFollower
from chat_archive.stream_entries import StreamEntry
from testkit.shared_host import IDS, STREAM, Host, record, write_log


@pytest.fixture
def hosts(database: str, tmp_path: Path) -> list[Host]:
    """Return two hosts with one database."""
    return [Host(tmp_path / name, database) for name in ("one", "two")]


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
