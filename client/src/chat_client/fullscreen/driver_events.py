"""The tokens of a terminal's input as Textual's events."""

from textual._xterm_parser import XTermParser
from textual.events import AppBlur, AppFocus, Key, MouseEvent, Paste
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from chat_client.fullscreen.background import TerminalBackground, light_in_answer
from chat_client.fullscreen.driver_tokens import KeySequence, LineBreak, Pasted, PasteEnd, Report, Text, Token

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Not a Resize or a CursorPosition: pasted bytes that look like one would change the layout.
WANTED = (Key, MouseEvent, AppBlur, AppFocus, TerminalSupportsSynchronizedOutput)
X10_MOUSE = b"\x1b[M"
X10_OFFSET, X10_RELEASED, X10_MOVED_OR_WHEEL = 32, 3, 96


class InputEvents:
    """Makes events of tokens. It remembers where the mouse is."""

    def __init__(self) -> None:
        """Start with the mouse in the corner."""
        self._mouse = XTermParser()
        self._button = 0  # the last one that an X10 report named

    def events(self, token: Token) -> list[Message]:
        """Return the events of a token."""
        match token:
            case Text(text) | KeySequence(text):
                return _keys(text)
            case LineBreak(text):
                return _keys(text[0])
            case Pasted(text):
                return [Paste(text)] if text else []
            case Report(code):
                return self._report(code)
            case PasteEnd():
                return []

    def _report(self, code: bytes) -> list[Message]:
        if (light := light_in_answer(code)) is not None:
            return [TerminalBackground(light=light)]
        if code.startswith(X10_MOUSE):
            code = self._as_sgr(code)
        if not code.startswith(b"\x1b[<"):
            return [event for event in _keys(code.decode("latin-1")) if not isinstance(event, Key)]
        event = self._mouse.parse_mouse_code(code.decode("ascii"))
        return [event] if event else []

    def _as_sgr(self, code: bytes) -> bytes:
        """Return an X10 mouse report in the form of SGR, which names the button that is released."""
        button, column, row = (byte - X10_OFFSET for byte in code[len(X10_MOUSE) :])
        released = button & X10_RELEASED == X10_RELEASED and not button & X10_MOVED_OR_WHEEL
        if released:
            button = button - X10_RELEASED + self._button
        elif not button & X10_MOVED_OR_WHEEL:
            self._button = button & X10_RELEASED
        return b"\x1b[<%d;%d;%d%c" % (max(0, button), column, row, b"m" if released else b"M")


def _keys(text: str) -> list[Message]:
    """Return the events of characters or of an escape sequence. A sequence without a meaning is its characters."""
    parser = XTermParser()
    try:
        found = [*parser.feed(text), *parser.feed("")]
    except (ValueError, ArithmeticError):  # a number in the sequence is no character
        return _keys(text.lstrip("\x1b"))
    return [_encodable(event) for event in found if isinstance(event, WANTED)]


def _encodable(event: Message) -> Message:
    """Return the event, or that of U+FFFD for half of a surrogate pair, which a terminal may name by its number."""
    if isinstance(event, Key) and event.character and "\ud800" <= event.character <= "\udfff":
        return Key(REPLACEMENT, REPLACEMENT)
    return event
