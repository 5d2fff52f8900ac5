"""Days and times as a person types them after /go."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from chat_client.fullscreen.moments import BadMoment, moment
from testkit.fake_session import NOON  # Sunday, 22 November 2026, 12:00 UTC

HOUR = 3_600_000_000


@pytest.fixture
def in_new_york() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "America/New_York"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("2026-11-20", "2026-11-20 00:00"),
        ("2026-11-20 20:15", "2026-11-20 20:15"),
        ("today", "2026-11-22 00:00"),
        ("Yesterday", "2026-11-21 00:00"),
        ("yesterday 9:05", "2026-11-21 09:05"),
        ("11:59", "2026-11-22 11:59"),
        ("20.15", "2026-11-21 20:15"),
        ("  2026-11-20  ", "2026-11-20 00:00"),
    ],
)
def test_a_day_or_time_is_in_utc(typed: str, at: str) -> None:
    assert moment(typed, NOON, local=False) == utc(at)


@pytest.mark.usefixtures("in_new_york")
def test_a_day_is_one_of_the_time_zone_that_the_client_shows() -> None:
    assert moment("2026-11-20", NOON, local=True) == utc("2026-11-20 05:00")
    assert moment("2026-07-01", NOON, local=True) == utc("2026-07-01 04:00")
    assert moment("yesterday", NOON - 8 * HOUR, local=True) == utc("2026-11-20 05:00")
    assert moment("6:59", NOON, local=True) == utc("2026-11-22 11:59")


@pytest.mark.parametrize("typed", ["2026-13-01", "tomorrow", "25:00", "x", "20:15 2026-11-20", "2026-11-20 20:15 x"])
def test_anything_else_is_refused_with_examples(typed: str) -> None:
    with pytest.raises(BadMoment, match="is not a day: type /go 2026-11-20"):
        moment(typed, NOON, local=False)


def test_years_that_no_clock_reaches_are_a_time_or_a_refusal() -> None:
    for typed in ("0001-01-01", "9999-12-31"):
        for local in (False, True):
            with suppress(BadMoment):
                assert abs(moment(typed, NOON, local=local)) < 2**63
