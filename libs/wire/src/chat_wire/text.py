"""The rules about the text of a post, which client and router share, and texts in JSON that is safe to print."""

import re

from chat_wire.errors import InvalidText
from chat_wire.limits import MAX_LINES, MAX_TEXT

# Delete, the controls of ISO 6429 in one byte (C1), whatever changes the direction or ends a line, and tags. A terminal
# obeys some of them (CSI is U+009B, OSC is U+009D). JSON itself escapes only the controls below U+0020.
_ACTIVE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")


def check_text(text: str) -> None:
    """Check the text of a post: not blank, at most 4,096 characters in 200 lines, no lone surrogates (RFC 3629, 3).

    This holds for new posts. Services and clients accept recorded posts that break it.

    Args:
        text: The text.

    Raises:
        InvalidText: The text breaks a rule; the error says what to do.
    """
    if not text.strip():
        raise InvalidText("the text is empty: type something")
    if len(text) > MAX_TEXT:
        raise InvalidText(f"the text has {len(text):,} characters, at most {MAX_TEXT:,} go into one message: split it")
    if (lines := line_count(text)) > MAX_LINES:
        raise InvalidText(f"the text has {lines:,} lines, at most {MAX_LINES} go into one message: split it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidText("the text has half of a surrogate pair, which is not a character: leave it out") from None


def line_count(text: str) -> int:
    """Return the number of lines of a text, which line feeds separate."""
    return text.count("\n") + 1


def inert(json: bytes) -> bytes:
    """Return JSON that says the same, but in which no character acts on a terminal that shows it.

    Args:
        json: JSON in UTF-8.
    """
    if json.isascii() and b"\x7f" not in json:
        return json
    return _ACTIVE.sub(lambda found: _escaped(found[0]), json.decode()).encode()


def _escaped(character: str) -> str:
    """Return a character as JSON escapes it (RFC 8259, 7): one above U+FFFF by its two surrogates."""
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
