"""Where a text has links."""

import re

# What is not shown as it is written is no part of a link: the link that is opened is the one that is seen.
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
_REPLACED = "\u2400-\u2426\ufffd"
_LINK = re.compile(rf"\bhttps?://[^\s<>\"\x00-\x1f\x7f-\x9f{_UNSEEN}{_REPLACED}]+", re.IGNORECASE)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def links(text: str) -> list[tuple[int, int]]:
    """Where the http and https links in a text begin and end, without the punctuation that follows them."""
    if "://" not in text:
        return []
    found = ((match.start(), _end(match)) for match in _LINK.finditer(text))
    return [(start, end) for start, end in found if not text[start:end].endswith("//")]


def _end(match: re.Match[str]) -> int:
    link = match.group()
    while link[-1] in ".,;:!?'*_~" or _closes_nothing(link):
        link = link[:-1]
    return match.start() + len(link)


def _closes_nothing(link: str) -> bool:
    """Is the last character a bracket that was opened before the link?"""
    opening = _CLOSING.get(link[-1])
    return opening is not None and link.count(link[-1]) > link.count(opening)
