"""The language of searches: what a person types after /search. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from chat_archive.errors import InvalidDate, InvalidSender, InvalidWords
from chat_archive.owners import user_key
from chat_archive.words import beginnings, contains, contains_phrase, fold, is_unspaced, runs_in, spaced
from chat_wire.limits import MAX_TEXT
from chat_wire.messages import Recorded
from chat_wire.units import SECOND

MAX_SEARCH_WORDS = 32
DAY = 86_400 * SECOND
_QUOTES = str.maketrans("“”„", '"""')
_PART = re.compile(
    r'"(?P<phrase>[^"]*)"?|(?P<filter>from|before|after):(?P<value>\S*)|(?P<words>[^\s"]+)', re.IGNORECASE
)
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """The conditions on a post.

    Attributes:
        runs: Its text has all these. A word is found at the beginning of a word, a run of a script without spaces also
            inside of a run.
        phrases: Its text has all these: whole words next to each other.
        user: The key of its sender's name; None for any sender.
        since: It arrived at this time or later, in microseconds; None for any time.
        until: It arrived before this time, in microseconds; None for any time.
    """

    runs: tuple[str, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    user: str | None = None
    since: int | None = None
    until: int | None = None

    @property
    def words(self) -> list[str]:
        """The beginnings of stored words that a post with these runs and phrases has; more posts may have them."""
        runs = [*self.runs, *(run for phrase in self.phrases for run in phrase)]
        return list(dict.fromkeys(word for run in runs for word in beginnings(run)))[:MAX_SEARCH_WORDS]

    @property
    def exact(self) -> bool:
        """Whether every post that has the words and the sender also has the runs and phrases."""
        return not self.phrases and not any(is_unspaced(run) and len(run) > 2 for run in self.runs)


def parse_query(typed: str) -> Query:
    """Return the query that a person typed.

    `from:NAME` asks for a sender, `before:DATE` and `after:DATE` for the days before or after a day in UTC,
    `"some words"` for a phrase. The rest are words.

    Args:
        typed: The search as typed.

    Returns:
        A query with at least one condition, and at most MAX_SEARCH_WORDS words. Each word counts once.

    Raises:
        InvalidWords: There is no condition, or there are too many words.
        InvalidDate: A date is not one; the error says how to type it.
        InvalidSender: `from:` has no name after it, or there are several.
    """
    if len(typed) > MAX_TEXT:
        raise _too_many()
    parts = list(_PART.finditer(typed.translate(_QUOTES)))
    runs = dict.fromkeys(run for part in parts if part["words"] for run in runs_in(part["words"]))
    phrases = dict.fromkeys(tuple(runs_in(part["phrase"])) for part in parts if part["phrase"])
    phrases.pop((), None)
    if len(runs) + sum(map(len, phrases)) > MAX_SEARCH_WORDS:
        raise _too_many()
    before, after = list(_days(parts, "before")), list(_days(parts, "after"))
    query = Query(
        runs=tuple(runs),
        phrases=tuple(phrases),
        user=_sender(_values(parts, "from")),
        since=max((_start(day) + DAY for day in after), default=None),
        until=min(map(_start, before), default=None),
    )
    if query == Query():
        raise InvalidWords("the search has no word: type letters or digits")
    return query


def matches(post: Recorded, query: Query) -> bool:
    """Return whether a post is one that the query asks for."""
    if query.user is not None and user_key(post.user) != query.user:
        return False
    if not (query.since or 0) <= post.server_ts or (query.until is not None and post.server_ts >= query.until):
        return False
    return _has_text(post.text, query)


def _has_text(text: str, query: Query) -> bool:
    """Return whether a text has all runs and phrases of the query."""
    folded = fold(text)
    if not all(run in folded for run in query.runs):  # true for most texts, and cheap
        return False
    runs = spaced(folded) if query.runs or query.phrases else ""
    return all(contains(runs, run) for run in query.runs) and all(contains_phrase(runs, each) for each in query.phrases)


def _values(parts: list[re.Match[str]], name: str) -> list[str]:
    """Return the values of one filter, in the order typed."""
    return [part["value"] for part in parts if (part["filter"] or "").lower() == name]


def _sender(names: list[str]) -> str | None:
    keys = {user_key(name.removeprefix("@")) for name in names}
    if "" in keys:
        raise InvalidSender("from: needs a user name: type from:NAME, as in from:ann")
    if len(keys) > 1:
        raise InvalidSender("a search takes one from:NAME: leave the others out")
    return keys.pop() if keys else None


def _days(parts: list[re.Match[str]], name: str) -> Iterator[date]:
    for value in _values(parts, name):
        try:
            yield date.fromisoformat(value)
        except ValueError:
            raise InvalidDate(f"{name}: needs a day: type {name}:YYYY-MM-DD, as in {name}:2026-11-30") from None


def _start(day: date) -> int:
    """Return when a day begins in UTC, in microseconds since 1970-01-01."""
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND


def _too_many() -> InvalidWords:
    return InvalidWords(f"a search takes at most {MAX_SEARCH_WORDS} words: leave some out")
