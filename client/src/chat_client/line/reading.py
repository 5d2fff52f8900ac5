"""Standard input as lines, and the question for the name."""

import os
import sys
from collections.abc import Iterator

from chat_client.language import _

CHUNK = 65536


def ask_name() -> None:
    """Print the question for the name at the terminal."""
    print_at_terminal(_("name: "))


def print_at_terminal(text: str) -> None:
    """Print a text, without a line's end, where the person sees it even if the output is redirected."""
    print(text, end="", file=sys.stdout if sys.stdout.isatty() else sys.stderr, flush=True)


def lines_of(descriptor: int) -> Iterator[str]:
    """Yield the lines of a file descriptor, also of one that another process has set to non-blocking.

    Reads past sys.stdin, whose lock must not be held when the process ends.
    """
    os.set_blocking(descriptor, True)
    rest = b""
    while chunk := os.read(descriptor, CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from map(_text, lines)
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode(errors="replace")
