"""Links in a text."""

import re

# A link ends before an invisible character, and before one that `display.safe` replaces. So a person sees the very link
# that opens.
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
_REPLACED = "\u2400-\u2426\ufffd"
_LINK = re.compile(rf"\bhttps?://[^\s<>\"\x00-\x1f\x7f-\x9f{_UNSEEN}{_REPLACED}]+", re.IGNORECASE)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def links(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each http or https link in a text, without the punctuation that follows it."""
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
    """Return whether a link ends with a bracket that opens outside it."""
    opening = _CLOSING.get(link[-1])
    return opening is not None and link.count(link[-1]) > link.count(opening)
