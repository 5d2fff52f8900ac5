"""The rule that says whether a text mentions a name."""

import re
from collections.abc import Iterable
from functools import lru_cache
from unicodedata import normalize

# Links, mail addresses and paths. A name inside one of them is not addressed to anybody.
# Each form begins where a run of its characters does: a search that could begin inside of a run would take time by the
# square of its length, and anybody can send a long one.
_ADDRESS = re.compile(
    r"(?<![\w+.-])[+.-]*\w[\w+.-]*://\S*|\bwww\.\S*|(?<![\w.+%-])[\w.+%-]*\w@\w[\w.-]*|(?<!\S)[~.]*/\S*"
    r"|(?<![\w.-])[.-]*\w[\w-]*\.[\w.-]+/\S*"
)


def mentions_any(text: str, names: Iterable[str]) -> bool:
    """Return whether a text has one of some names or words as `mentions` says."""
    return any(mentions(text, name) for name in names)


def mentions(text: str, name: str) -> bool:
    """Return whether a text has a name as a whole, in upper or lower case.

    A letter, digit or mark beside the name makes it part of another name, and so does a hyphen or dot with a letter or
    digit behind it: neither `ana-maria` nor `ana.b` mentions `ana`. A name in a link or an address does not count.
    """
    wanted, folded = _folded(name), _folded(text)
    # A plain search comes first: it takes a tenth of the time, and most messages do not have the name.
    if not name or wanted not in folded:
        return False
    addressed = {position for match in _ADDRESS.finditer(folded) for position in range(*match.span())}
    return any(addressed.isdisjoint(range(*match.span())) for match in _whole(wanted).finditer(folded))


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else normalize("NFC", text.casefold())


@lru_cache(maxsize=16)
def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?<!\w[-.]){re.escape(name)}(?![\w\u0300-\u036f])(?![-.]\w)")
