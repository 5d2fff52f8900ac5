"""Characters that the locale of the terminal lacks: similar ones of ASCII replace them."""

import codecs
import locale
import sys
import unicodedata
from collections.abc import Iterable
from io import TextIOWrapper

from chat_client.language import _

ERRORS = "chat-plain"
UNKNOWN = "?"
# As wide as the originals, so that the frame stays straight.
SIMILAR = {
    **dict.fromkeys("─━═╌╍┄┅┈┉▔▁▂", "-"),
    **dict.fromkeys("│┃║▏▎▍▌▐▕┆┇┊┋█", "|"),
    **dict.fromkeys("┌┐└┘╭╮╰╯├┤┬┴┼╔╗╚╝╠╣╦╩╬┏┓┗┛", "+"),
    **dict.fromkeys("●•○◦■▪", "*"),
    **dict.fromkeys("…·", "."),
    **dict.fromkeys("→▶►▸⏎", ">"),
    **dict.fromkeys("←◀◄", "<"),
    **dict.fromkeys("↑▲", "^"),
    **dict.fromkeys("↓▼", "v"),
    **dict.fromkeys("\xad\u2013\u2014\u2212", "-"),
    **dict.fromkeys("\u2018\u2019", "'"),
    **dict.fromkeys("\u201c\u201d\xab\xbb", '"'),
}


def use_plain_characters() -> None:
    """Replace what a terminal cannot show, on stdout and stderr. Files and pipes keep what they are set to."""
    codecs.register_error(ERRORS, _replace)
    for stream in _terminals():
        if not _is_utf_8(stream.encoding):
            stream.reconfigure(errors=ERRORS)


def remarks() -> list[str]:
    """Return a text about the characters of the terminal, if they are not those that its locale names."""
    named = locale.nl_langinfo(locale.CODESET)
    encodings = [stream.encoding for stream in _terminals()]
    if not encodings or (_is_utf_8(named) and all(map(_is_utf_8, encodings))):
        return []
    if all(map(_is_utf_8, encodings)):
        return [_("your locale has the characters of {encoding} only; the chat writes UTF-8").format(encoding=named)]
    text = _("your locale has the characters of {encoding} only; similar ones or ? replace the others")
    return [text.format(encoding=named)]


def similar(text: str) -> str:
    """Return ASCII characters that look like a text and take as many cells."""
    return "".join(map(_similar, text))


def _similar(char: str) -> str:
    if char in SIMILAR:
        return SIMILAR[char]
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Me", "Mn"):
        return ""
    base = unicodedata.normalize("NFKD", char)[0]
    if unicodedata.east_asian_width(char) in "WF":
        return UNKNOWN * 2
    return base if base.isascii() and base.isprintable() else UNKNOWN


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return similar(error.object[error.start : error.end]), error.end


def _terminals() -> Iterable[TextIOWrapper]:
    return [each for each in (sys.stdout, sys.stderr) if isinstance(each, TextIOWrapper) and each.isatty()]


def _is_utf_8(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "utf-8"
