"""Links in a text."""

import re
from collections.abc import Iterator
from unicodedata import category

# A link ends before an invisible character, and before one that `display.safe` replaces. So a person sees the very link
# that opens.
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
_REPLACED = "\u2400-\u2426\ufffd"
# Quotation marks, the ellipsis, and East Asian punctuation, which a text may have right behind a link.
_QUOTES = (
    '"`«»\u2039\u203a“”„‟…\u3000-\u3003\u3008-\u3011\u3014-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65'
)
# A web address: the scheme and a host, or a host that begins with www.
_BEGIN = re.compile(
    r"(?<![a-z0-9])(?:https?://(?=[^\W_]|\[[0-9a-f:.]+\])|(?<![./@:-])www\.(?=[^\W_][\w-]*\.[^\W_]))",
    re.IGNORECASE,
)
_RUN = re.compile(rf"[^\s<>\x00-\x1f\x7f-\x9f{_QUOTES}{_UNSEEN}{_REPLACED}]+")
_CLOSING = {")": "(", "]": "[", "}": "{"}
# The punctuation that may end a link; other punctuation there belongs to the sentence.
_LAST = set("/#%&@\\-)]}")


def links(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each web link in a text, without the punctuation that follows it."""
    if "://" not in text and "www." not in text.lower():
        return []
    return list(_links(text))


def target(link: str) -> str:
    """Return the URL that a link leads to. Its scheme is http or https."""
    return f"https://{link}" if link[:4].lower() == "www." else link


def _links(text: str) -> Iterator[tuple[int, int]]:
    end = run_end = 0
    while begin := _BEGIN.search(text, end):
        if begin.start() >= run_end and (run := _RUN.match(text, begin.start())):
            run_end = run.end()  # found once for all links in it
        end = begin.start() + _length(text[begin.start() : run_end])
        yield begin.start(), end


def _length(link: str) -> int:
    """Return the length of a link without the brackets and punctuation that belong to the text around it."""
    length = _balanced(link)
    while link[length - 1] == "~" or (category(link[length - 1])[0] == "P" and link[length - 1] not in _LAST):
        length -= 1
    return length


def _balanced(link: str) -> int:
    """Return the length of a link up to the first bracket that closes none of its own."""
    opened: list[str] = []
    for position, character in enumerate(link):
        if character in _CLOSING.values():
            opened.append(character)
        elif character in _CLOSING and (not opened or opened.pop() != _CLOSING[character]):
            return position
    return len(link)
