"""The background of the terminal, dark or light: the theme `auto` follows it.

The client does not wait for the answer of a terminal, as many give none.
"""

import re
from collections.abc import Mapping

from textual.message import Message

QUESTION = "\x1b]11;?\x1b\\"  # OSC 11: the terminal reports its background (xterm, "Operating System Commands")
WITHOUT_STRINGS = ("linux",)  # values of TERM of terminals that may print the question
_ANSWER = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?(?:\x07|\x1b\\)"
)
_WEIGHTS = (0.2126, 0.7152, 0.0722)  # of red, green and blue in the luminance (ITU-R BT.709)
_LIGHT_COLOURS = ("7", "9", "10", "11", "12", "13", "14", "15")  # of the 16 colours


class TerminalBackground(Message):
    """The terminal reported its background."""

    def __init__(self, *, light: bool) -> None:
        """Create the message.

        Args:
            light: Whether the colour is light.
        """
        super().__init__()
        self.light = light


def light_in_answer(answer: bytes) -> bool | None:
    """Return whether a report of the background names a light colour; None if it is another report."""
    found = _ANSWER.fullmatch(answer)
    if not found:
        return None
    parts = [int(part, 16) / (16 ** len(part) - 1) for part in found.groups()]
    luminance: float = sum(weight * part for weight, part in zip(_WEIGHTS, parts, strict=True))
    return luminance > 0.5


def light_in_environment(environ: Mapping[str, str]) -> bool | None:
    """Return whether COLORFGBG names a light background; None if it names none.

    rxvt and Konsole set it to the numbers of the colours of the text and the background, as in "15;0".
    """
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return background in _LIGHT_COLOURS if background.isdecimal() else None


def answers(environ: Mapping[str, str]) -> bool:
    """Return whether it is safe to ask the terminal."""
    return environ.get("TERM") not in WITHOUT_STRINGS
