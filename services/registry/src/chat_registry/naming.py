"""Which names somebody new may take: their form, reserved words, and how alike two names look.

Names that an earlier version granted may break these rules. Their holders keep them.
"""

import unicodedata
from functools import lru_cache
from itertools import groupby

import icu

from chat_registry.reserved import Reserved
from chat_wire.errors import DeceptiveName, InvalidName, ReservedName, WireError

MAX_MARKS = 4  # on one letter (UTS #39, 5.4)
# Characters of scripts that people write today (UTS #39, 3.1), without strokes that cross a letter out, and without
# the colon that ends a name in front of a message.
ALLOWED = (
    "[[:Identifier_Type=Recommended:][:Identifier_Type=Inclusion:][:Identifier_Type=Limited_Use:]"
    "-[:Identifier_Type=Technical:]-[\u0334-\u0338\\:]]"
)
# The rules of UTS #39 that ICU checks, and how a name breaks each.
_HIDDEN_OVERLAY = 256  # USPOOF_HIDDEN_OVERLAY, which PyICU does not name
_BREACHES = {
    icu.USpoofChecks.RESTRICTION_LEVEL: "it mixes scripts",
    icu.USpoofChecks.MIXED_NUMBERS: "it mixes digits of several scripts",
    icu.USpoofChecks.INVISIBLE: "an accent in it stands twice on one letter",
    _HIDDEN_OVERLAY: "an accent in it cannot be seen",
}
_JOINERS = dict.fromkeys((0x200C, 0x200D))  # PRECIS accepts them only where they join letters (RFC 5892, A.1 and A.2)


class NameAlike(WireError):
    """The name looks like one in use."""

    reason = "name_alike"

    def __init__(self, name: str, used: str) -> None:
        """Say which name is in use.

        Args:
            name: The name as typed.
            used: The name in use.
        """
        super().__init__(f"{name} looks like {used}, which is in use: choose another name")


def _checker() -> icu.SpoofChecker:
    checker = icu.SpoofChecker()
    checker.setRestrictionLevel(icu.URestrictionLevel.HIGHLY_RESTRICTIVE)
    checker.setChecks(sum(_BREACHES))
    return checker


_allowed = icu.UnicodeSet(ALLOWED)
_skeletons = icu.SpoofChecker()
_rules = _checker()


@lru_cache(maxsize=4096)
def skeletons(name: str) -> frozenset[str]:
    """Return the skeletons of a name (UTS #39, 4): two names that share one look alike.

    A name has a skeleton as typed, where I looks like l, and one in lower case, as its case makes no difference. The
    journal decides by them: a change would decide the claims in it another way.

    Args:
        name: The name as typed.
    """
    shown = unicodedata.normalize("NFKC", name)
    return frozenset(_skeleton(form) for form in {shown, shown.lower()})


@lru_cache(maxsize=4096)
def looks(name: str) -> frozenset[str]:
    """Return the skeletons of a name, and behind a space those without punctuation: `ann.a` looks like `anna`.

    A replica refuses a claim by all of them before it appends the claim.

    Args:
        name: The name as typed.
    """
    found = skeletons(name)
    return found | {" " + "".join(each for each in form if _is_word(each, "LNM")) for form in found}


def check_form(name: str) -> None:
    """Check a name that a person does not hold yet.

    Args:
        name: The name as typed, which `chat_wire.names.name_key` accepts.

    Raises:
        InvalidName: The name begins or ends with punctuation, as notices, mentions and sentences do, or is a time.
        DeceptiveName: The name mixes scripts, or has characters that few people know or see.
        ReservedName: The name stands for a reserved word.
    """
    if not (_is_word(name[0], "LN") and _is_word(name[-1], "LNM")):
        raise InvalidName(f"{name!r} cannot be a name: begin and end it with a letter or a digit")
    shown = unicodedata.normalize("NFKC", name)
    if breach := _breach(shown):
        raise DeceptiveName(
            f"{name!r} cannot be a name ({breach}): use letters of one script and digits, with . - _ or ' between them"
        )
    if reserved := _reserved.word(shown):
        raise ReservedName(
            f"{name} cannot be a name, because {reserved} has a meaning in the chat: choose another name"
        )


def _breach(shown: str) -> str | None:
    """Return why a name in its normal form could deceive, or None."""
    checked = shown.translate(_JOINERS)
    if unusual := next((each for each in checked if each not in _allowed), None):
        return f"it has {unusual!r} in it"
    if failed := _rules.check(checked):
        return next(breach for check, breach in _BREACHES.items() if failed & check)
    if _most_marks(shown) > MAX_MARKS:
        return f"more than {MAX_MARKS} accents stand on one letter"
    if not shown.isdecimal() and not any(map(str.isalpha, shown)):
        return "it looks like a time or a number"
    if not all(any(map(_is_plain_letter, form)) for form in skeletons(shown)):
        return "it looks like punctuation"
    return None


def _most_marks(shown: str) -> int:
    kinds = map(unicodedata.category, unicodedata.normalize("NFD", shown))
    return max((len(list(marks)) for kind, marks in groupby(kinds) if kind == "Mn"), default=0)


def _is_plain_letter(character: str) -> bool:
    """Return whether a character is a letter or a digit, other than a sign such as the Japanese ー."""
    return _is_word(character, "LN") and unicodedata.category(character) != "Lm"


def _is_word(character: str, categories: str) -> bool:
    """Return whether a character is of one of these general categories; a mark (M) may end a word."""
    return unicodedata.category(character)[0] in categories


def _skeleton(text: str) -> str:
    return str(_skeletons.getSkeleton(0, text)).lower()


_reserved = Reserved(_skeleton)
