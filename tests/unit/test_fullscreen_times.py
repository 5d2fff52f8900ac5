"""Times of day in the full-screen client, in time zones with odd changes and with a clock that is stepped."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime

import pytest
from time_machine import travel

from chat_client import events
from chat_client.fullscreen.banner import Banner
from chat_client.fullscreen.days import day, time_text
from testkit.fake_session import ChatDriver, run_in_room


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def enter(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield enter
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "midnight", "before", "after"),
    [
        # Santiago skips the hour from midnight on; Apia skipped a day; Kolkata's midnight is at half past an hour, UTC.
        ("America/Santiago", "2026-09-06T04:00Z", (date(2026, 9, 5), "23:59"), (date(2026, 9, 6), "01:00")),
        ("Pacific/Apia", "2011-12-30T10:00Z", (date(2011, 12, 29), "23:59"), (date(2011, 12, 31), "00:00")),
        ("Asia/Kolkata", "2028-02-28T18:30Z", (date(2028, 2, 28), "23:59"), (date(2028, 2, 29), "00:00")),
    ],
)
def test_a_day_ends_at_midnight_of_the_time_zone(
    in_zone: Callable[[str], None],
    zone: str,
    midnight: str,
    before: tuple[date, str],
    after: tuple[date, str],
) -> None:
    in_zone(zone)
    at = int(datetime.fromisoformat(midnight).timestamp()) * 1_000_000

    assert (day(at - 1, local=True), time_text(at - 1, local=True)) == before
    assert (day(at, local=True), time_text(at, local=True)) == after


@pytest.mark.parametrize("step", [-3600, 3600])
def test_the_banner_counts_seconds_when_the_clock_is_stepped(step: int) -> None:
    async def steps(chat: ChatDriver) -> None:
        await chat.emit(events.ConnectionLost(broker="host:5672"))
        with travel(time.time() + step):
            counted = re.search(r"(-?\d+) s\b", chat.app.screen.query_one(Banner).render().plain)
        assert counted
        assert 0 <= int(counted[1]) < 60

    run_in_room(steps)
