"""The rules about the text of a post, which client and router share."""

from chat_wire.errors import InvalidText
from chat_wire.limits import MAX_LINES, MAX_TEXT


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
