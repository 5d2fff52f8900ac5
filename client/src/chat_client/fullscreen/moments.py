"""The days and times that a person types, in the time zone in which the client shows times."""

from datetime import UTC, date, datetime, time, timedelta

from chat_client.language import _
from chat_wire.units import SECOND

HOURS_AND_MINUTES = ("%H:%M", "%H.%M")


class BadMoment(ValueError):
    """The text is neither a day nor a time. The message is for the person."""


def moment(text: str, now: int, *, local: bool) -> int:
    """Return the time that a text names, in microseconds since 1970-01-01 UTC.

    Args:
        text: A day (`2026-11-20`, `today`, `yesterday`), a time of day (`20:15`), or both. A day alone is its
            beginning. A time alone is the last one that has passed.
        now: The present time, in microseconds.
        local: Whether the text is in the local time zone, instead of UTC.

    Raises:
        BadMoment: The text is something else.
    """
    present = datetime.fromtimestamp(now // SECOND, UTC).astimezone(None if local else UTC)
    words = text.casefold().split()
    clock = _clock(words[-1]) if words else None
    day = _day(" ".join(words[:-1] if clock else words), present.date())
    found = datetime.combine(day or present.date(), clock or time(), None if local else UTC)
    try:
        at = int(found.timestamp()) * SECOND
        return at if day or at <= now else int((found - timedelta(days=1)).timestamp()) * SECOND
    except (OverflowError, ValueError, OSError):  # a year that the platform does not know
        raise _bad(text) from None


def _day(text: str, today: date) -> date | None:
    """Return a day; None for no text. Raises BadMoment."""
    if text in ("today", _("today")):
        return today
    if text in ("yesterday", _("yesterday")):
        return today - timedelta(days=1)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _bad(text) from None


def _clock(text: str) -> time | None:
    for form in HOURS_AND_MINUTES:
        try:
            return datetime.strptime(text, form).time()  # only the time of day is used
        except ValueError:
            pass
    return None


def _bad(text: str) -> BadMoment:
    return BadMoment(
        _("{text} is not a day: type /go 2026-11-20, /go yesterday, /go 20:15 or /go 2026-11-20 20:15").format(
            text=text
        )
    )
