"""The bytes of a terminal, cut into texts, line breaks, keys, reports and pastes.

No bytes are an error: what is not a character of the terminal's encoding becomes U+FFFD, and a sequence that does not
end in time becomes the keys of its characters.
"""

import re
from codecs import getincrementaldecoder
from dataclasses import dataclass
from typing import TypeAlias

from textual.constants import ESCAPE_DELAY

SEQUENCE_SECONDS = ESCAPE_DELAY  # from the first byte of an escape sequence to its last
PASTE_SECONDS = 0.5  # the longest pause in a paste between markers
MOST_PASTED = 1 << 20  # bytes: a longer paste arrives in parts, so that one without an end takes no more memory

# The parts of a sequence are ESC and its kind, parameters, and an end (ECMA-48, 5.4).
_START, _END = b"\x1b[200~", b"\x1b[201~"
_REPORT = re.compile(
    rb"\x1b\[(?:[IO]|[<=>?][0-?]{0,60}[ -/]{0,4}[@-~])"  # the focus; the mouse as in SGR; modes
    rb"|\x1b\[M[\x00\x20-\xff]{3}"  # X10 mouse: a button, a column and a row as bytes
    rb"|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # a string, such as the answer to a question about colours
)
_UNFINISHED = re.compile(rb"\x1b(?:\[(?:\[|M[\x00\x20-\xff]{0,2}|[0-?]*[ -/]*)|O|[]PX^_][^\x07\x1b]*\x1b?)?\Z")
_KEY = re.compile(rb"\x1b\[\[[A-E]|\x1b\[[0-?]{0,60}[ -/]{0,4}[@-~]|\x1bO[ -~]|\x1b(?![\[O])[\x00-\x1a\x1c-\x7f]")
_BEGUN = re.compile(rb"\x1b(?:[\[O][0-?]*[ -/]*|[]PX^_])?")  # of a sequence that breaks off, the part before its text
_PLAIN = re.compile(rb"(?P<text>[^\x00-\x1f\x7f]+)|(?P<line_break>\r\n?|\n)|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])")


@dataclass(frozen=True, slots=True)
class Text:
    """Characters, none of them a control character."""

    text: str


@dataclass(frozen=True, slots=True)
class LineBreak:
    """CR, LF, or both."""

    text: str


@dataclass(frozen=True, slots=True)
class KeySequence:
    """A control character, or an escape sequence that may stand for a key."""

    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """Reports that the terminal sends by itself: the mouse, the focus, its modes."""

    code: bytes


@dataclass(frozen=True, slots=True)
class Pasted:
    """A pasted text."""

    text: str


@dataclass(frozen=True, slots=True)
class PasteEnd:
    """The end of a paste that was not known as one."""


Token: TypeAlias = Text | LineBreak | KeySequence | Report | Pasted | PasteEnd


class Tokens:
    """Cuts bytes into tokens, however the reads divide them.

    Attributes:
        deadline: The time at which `expire` is due; None if no bytes wait for others.
    """

    def __init__(self, encoding: str) -> None:
        """Start without bytes.

        Args:
            encoding: The encoding of the terminal.
        """
        self.deadline: float | None = None
        self._encoding = encoding
        self._decoder = getincrementaldecoder(encoding)(errors="replace")
        self._bytes = b""  # an escape sequence without its end
        self._pasted: bytes | None = None  # a paste without its end
        self._half = False  # the decoder has a part of a character

    def feed(self, data: bytes, now: float) -> list[Token]:
        """Return the tokens that some bytes complete."""
        sequence_due = self.deadline if self._bytes else None
        self._bytes += data
        found = self._cut()
        if self._pasted is not None:
            self.deadline = now + PASTE_SECONDS
        elif self._bytes or self._half:
            self.deadline = (None if found else sequence_due) or now + SEQUENCE_SECONDS
        else:
            self.deadline = None
        return found

    def expire(self) -> list[Token]:
        """Return as text and keys the bytes that have waited too long for others."""
        self.deadline = None
        found: list[Token] = []
        if self._pasted is not None:
            found.append(self._paste(self._pasted + self._bytes))
            self._pasted, self._bytes = None, b""
        while self._bytes:
            found += self._break_off()
            found += self._cut()
        return [*found, *self._other_half()]

    def _cut(self) -> list[Token]:
        found: list[Token] = []
        while self._bytes:
            cut = self._cut_paste() if self._pasted is not None else self._cut_typed()
            if cut is None:
                break
            found += cut
        return found

    def _cut_typed(self) -> list[Token] | None:
        """Cut tokens off the bytes; None if they are the beginning of a sequence."""
        if not self._bytes.startswith(b"\x1b"):
            return self._cut_plain()
        if self._bytes.startswith(_START):
            self._take(len(_START))
            self._pasted = b""
            return self._other_half()
        if self._bytes.startswith(_END):
            self._take(len(_END))
            return [*self._other_half(), PasteEnd()]
        if report := _REPORT.match(self._bytes):
            return [Report(self._take(report.end()))]
        if _UNFINISHED.match(self._bytes):
            return None
        if key := _KEY.match(self._bytes):
            return [*self._other_half(), KeySequence(self._take(key.end()).decode("ascii"))]
        return self._break_off()

    def _break_off(self) -> list[Token]:
        """Cut off the beginning of a sequence that does not go on as one."""
        begun = _BEGUN.match(self._bytes)
        assert begun
        code = self._take(begun.end())
        return [*self._other_half(), KeySequence(code.decode("ascii"))]

    def _cut_plain(self) -> list[Token]:
        match = _PLAIN.match(self._bytes)
        assert match
        taken = self._take(match.end())
        if match.lastgroup == "text":
            text = self._decoder.decode(taken)
            self._half = bool(self._decoder.getstate()[0])
            return [Text(text)] if text else []
        token = LineBreak(taken.decode()) if match.lastgroup == "line_break" else KeySequence(taken.decode())
        return [*self._other_half(), token]

    def _cut_paste(self) -> list[Token] | None:
        assert self._pasted is not None
        whole = self._pasted + self._bytes
        self._bytes = b""
        end = whole.find(_END)
        if end >= 0:
            self._pasted, self._bytes = None, whole[end + len(_END) :]
            return [self._paste(whole[:end])]
        if len(whole) <= MOST_PASTED:
            self._pasted = whole
            return None
        self._pasted = whole[-len(_END) :]
        return [self._paste(whole[: -len(_END)])]

    def _paste(self, pasted: bytes) -> Pasted:
        return Pasted(pasted.decode(self._encoding, errors="replace").replace("\0", ""))

    def _other_half(self) -> list[Token]:
        """Give up the rest of a character whose first bytes have arrived."""
        if not self._half:
            return []
        self._half = False
        return [Text(self._decoder.decode(b"", final=True))]

    def _take(self, count: int) -> bytes:
        taken, self._bytes = self._bytes[:count], self._bytes[count:]
        return taken
