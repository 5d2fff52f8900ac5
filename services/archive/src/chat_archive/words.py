"""Words: how the archive splits, folds and compares texts for search. Pure."""

import re
import unicodedata
from collections.abc import Sequence

from chat_archive.errors import InvalidWords
from chat_wire.limits import MAX_TEXT

MAX_SEARCH_WORDS = 32
# Only this much of a word is compared: PostgreSQL limits a lexeme to 2,046 bytes, and a character can have four.
MAX_WORD_LENGTH = 500
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return a text in lower case, without accents, ligatures as letters.

    Outside ASCII only letters and digits stay; a space replaces the others, such as punctuation.
    """
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join([each if each < "\x80" or each.isalnum() else _replacement(each) for each in folded])


def _replacement(character: str) -> str:
    """Return "" for a mark, such as an accent, and a space for anything else, which separates words."""
    return "" if unicodedata.category(character).startswith("M") else " "


def words_in(text: str) -> list[str]:
    """Return the words of a text in order: runs of letters and digits, each cut to MAX_WORD_LENGTH."""
    return [word[:MAX_WORD_LENGTH] for word in _WORD.findall(fold(text))]


def search_words(text: str) -> list[str]:
    """Return the words that a person searches for.

    Args:
        text: The search as typed.

    Returns:
        At least one word and at most MAX_SEARCH_WORDS, each once, in the order typed.

    Raises:
        InvalidWords: The text has no word, or too many.
    """
    if len(text) > MAX_TEXT or len(wanted := list(dict.fromkeys(words_in(text)))) > MAX_SEARCH_WORDS:
        raise InvalidWords(f"a search takes at most {MAX_SEARCH_WORDS} words: leave some out")
    if not wanted:
        raise InvalidWords("the search has no word: type letters or digits")
    return wanted


def matches(text: str, wanted: Sequence[str]) -> bool:
    """Return whether each wanted word is the beginning of a word in the text."""
    folded = fold(text)
    if not all(word in folded for word in wanted):  # true for most texts, and cheap
        return False
    spaced = " ".join(["", *_WORD.findall(folded)])
    return all(f" {word}" in spaced for word in wanted)
