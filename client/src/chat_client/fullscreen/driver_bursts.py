"""Pastes without markers: several lines that arrive at once become one paste, and no Enter key."""

from collections.abc import Sequence
from typing import TypeAlias

from chat_client.fullscreen.driver_tokens import KeySequence, LineBreak, Pasted, PasteEnd, Report, Text, Token

# A person presses the next key later than this. The Enter after a text waits so long whether more text follows.
KEY_SECONDS = 0.02
PASTE_SECONDS = 0.1  # the longest pause in a paste
LONG_TEXT = 64  # nobody types so many characters at once, and a key for each of them would take long
TAB = KeySequence("\t")
Typed: TypeAlias = Text | LineBreak | KeySequence


class Bursts:
    """Passes tokens on, and holds those that may be a part of a paste.

    Attributes:
        deadline: The time at which `expire` is due; None if no token is held.
    """

    def __init__(self) -> None:
        """Start without tokens."""
        self.deadline: float | None = None
        self._held: list[Typed] = []
        self._pasting = False
        self._text_at = float("-inf")  # when the last text arrived

    def feed(self, tokens: Sequence[Token], now: float) -> list[Token]:
        """Return the tokens to handle now. Reports do not wait: nobody types them."""
        passed: list[Token] = []
        for token in tokens:
            match token:
                case Report():
                    passed.append(token)
                case Pasted():
                    passed += [*self._release(), token]
                case PasteEnd():
                    self._pasting = self._pasting or bool(self._held)
                    passed += self._release()
                case _:
                    self._held.append(token)
        return passed + self._decide(now)

    def expire(self) -> list[Token]:
        """Return the tokens that were held: nothing has followed them."""
        return self._release()

    def _decide(self, now: float) -> list[Token]:
        if not self._held:
            return []
        after_text = now - self._text_at < KEY_SECONDS
        if any(isinstance(token, Text) for token in self._held):
            self._text_at = now
        self._pasting = self._pasting or several_lines(self._held, after_text=after_text)
        if self._pasting:
            self.deadline = now + PASTE_SECONDS
            return []
        if not ends_line(self._held, after_text=after_text):
            return self._release()
        *passed, enter = self._held
        self._held, self.deadline = [enter], now + KEY_SECONDS
        self._text_at = now
        return _typed(passed)

    def _release(self) -> list[Token]:
        held, pasting = self._held, self._pasting
        self._held, self._pasting, self.deadline = [], False, None
        return _as_paste(held) if pasting else _typed(held)


def several_lines(tokens: Sequence[Typed], *, after_text: bool) -> bool:
    """Return whether a line break has text before it, and another line break or text after it.

    Args:
        tokens: The tokens.
        after_text: Whether text has arrived just before them.
    """
    text, ended = after_text, False
    for token in tokens:
        if ended and isinstance(token, Text | LineBreak):
            return True
        ended = ended or (text and isinstance(token, LineBreak))
        text = text or isinstance(token, Text)
    return False


def ends_line(tokens: Sequence[Typed], *, after_text: bool) -> bool:
    """Return whether the last token is the line break after a text."""
    return isinstance(tokens[-1], LineBreak) and (after_text or any(isinstance(token, Text) for token in tokens))


def _typed(tokens: Sequence[Typed]) -> list[Token]:
    """Return tokens with each long text as a paste."""
    return [
        Pasted(token.text) if isinstance(token, Text) and len(token.text) >= LONG_TEXT else token for token in tokens
    ]


def _as_paste(tokens: Sequence[Typed]) -> list[Token]:
    """Return tokens with each run of text and line breaks as a paste. Keys between them stay keys."""
    joined: list[Token] = []
    for token in tokens:
        if isinstance(token, KeySequence) and token != TAB:
            joined.append(token)
        else:
            last = joined[-1] if joined else None
            if isinstance(last, Pasted):
                joined[-1] = Pasted(last.text + token.text)
            else:
                joined.append(Pasted(token.text))
    return joined
