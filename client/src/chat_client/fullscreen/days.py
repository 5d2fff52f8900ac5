"""Times and dates as a person reads them, in UTC or in the local time zone."""

from datetime import UTC, date, datetime
from functools import lru_cache

from chat_client.language import _, marked
from chat_wire.units import SECOND

MINUTE = 60 * SECOND
# Offsets of time zones are multiples of 15 minutes, so the day does not change within a quarter of an hour.
QUARTER = 15 * MINUTE

WEEKDAYS = (
    marked("Monday"),
    marked("Tuesday"),
    marked("Wednesday"),
    marked("Thursday"),
    marked("Friday"),
    marked("Saturday"),
    marked("Sunday"),
)
MONTHS = (
    marked("January"),
    marked("February"),
    marked("March"),
    marked("April"),
    marked("May"),
    marked("June"),
    marked("July"),
    marked("August"),
    marked("September"),
    marked("October"),
    marked("November"),
    marked("December"),
)


def time_text(at: int, *, local: bool) -> str:
    """Return the hours and minutes of a time in microseconds since 1970-01-01 UTC."""
    return _moment(at // MINUTE * 60, local).strftime("%H:%M")


def day(at: int, *, local: bool) -> date:
    """Return the day of a time in microseconds since 1970-01-01 UTC."""
    return _day(at // QUARTER, local)


def date_text(shown: date) -> str:
    """Return a date in the current language: Sunday, 22 November 2026."""
    return _("{weekday}, {day} {month} {year}").format(
        weekday=_(WEEKDAYS[shown.weekday()]), day=shown.day, month=_(MONTHS[shown.month - 1]), year=shown.year
    )


@lru_cache(maxsize=1024)
def _day(quarter: int, local: bool) -> date:
    return _moment(quarter * 15 * 60, local).date()


def _moment(seconds: int, local: bool) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(None if local else UTC)
