"""Words: how the archive splits, folds and compares texts for search. Pure."""

import re
import unicodedata
from collections.abc import Iterable

# Only this much of a word is compared: PostgreSQL limits a lexeme to 2,046 bytes, and a character can have four.
MAX_WORD_LENGTH = 500
# The letters of scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Bopomofo and Chinese.
# Korean has spaces, but none in compounds and before particles.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
_UNSPACED += "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED += "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"  # Hangul
_RUN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")


def fold(text: str) -> str:
    """Return a text in lower case, without accents, ligatures as letters.

    Outside ASCII only letters and digits stay; a space replaces the others, such as punctuation.
    """
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join([each if each < "\x80" or each.isalnum() else _replacement(each) for each in folded])
    return unicodedata.normalize("NFC", kept)  # puts together the syllables of Hangul, which NFKD takes apart


def _replacement(character: str) -> str:
    """Return "" for a mark, such as an accent, and a space for anything else, which separates words."""
    return "" if unicodedata.category(character).startswith("M") else " "


def is_unspaced(run: str) -> bool:
    """Return whether a run is of a script that puts no spaces between words."""
    return _HAS_UNSPACED.match(run) is not None


def runs_in(text: str) -> list[str]:
    """Return the runs of a text in order: words, and runs of letters of a script that puts no spaces between words.

    Each is folded, and a word is cut to MAX_WORD_LENGTH.
    """
    return _runs_in_folded(fold(text))


def words_in(text: str) -> list[str]:
    """Return what the index stores of a text: its words, and the pairs of neighbours in runs without spaces.

    The last letter of such a run stands alone at the end, so that each letter begins a stored word.
    """
    return _stored_words(fold(text))


def folded_words(text: str) -> str:
    """Return what the index stores of a text as one text, in which only ASCII characters separate words."""
    folded = fold(text)
    if folded.isascii() or _HAS_UNSPACED.search(folded) is None:  # true for most texts, and cheap
        return folded
    return " ".join(_stored_words(folded))


def beginnings(run: str) -> list[str]:
    """Return the beginnings of stored words that a text with a run has: the run itself, or its pairs."""
    return _pairs(run) if is_unspaced(run) and len(run) > 1 else [run]


def spaced(folded: str) -> str:
    """Return the runs of a folded text, each with a space before and after it, to look for other runs in them."""
    return " ".join(["", *_runs_in_folded(folded), ""])


def contains(spaced_text: str, run: str) -> bool:
    """Return whether a word of a spaced text begins with a word, or a run of it has an unspaced run inside."""
    return (run if is_unspaced(run) else f" {run}") in spaced_text


def contains_phrase(spaced_text: str, phrase: Iterable[str]) -> bool:
    """Return whether a spaced text has these runs next to each other, as whole words."""
    runs = list(phrase)
    before = "" if is_unspaced(runs[0]) else " "
    after = "" if is_unspaced(runs[-1]) else " "
    return before + " ".join(runs) + after in spaced_text


def _runs_in_folded(folded: str) -> list[str]:
    return [
        run if len(run) <= MAX_WORD_LENGTH or is_unspaced(run) else run[:MAX_WORD_LENGTH]
        for run in _RUN.findall(folded)
    ]


def _stored_words(folded: str) -> list[str]:
    return [word for run in _runs_in_folded(folded) for word in _stored(run)]


def _stored(run: str) -> list[str]:
    return [*_pairs(run), run[-1]] if is_unspaced(run) else [run]


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]
