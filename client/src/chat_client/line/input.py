"""The input of the line client: standard input as lines, read in a thread."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chat_client.language import _

CHUNK = 65536
LINES_AHEAD = 1000


@dataclass(frozen=True, slots=True)
class Typed:
    """A line of input; None is its end."""

    line: str | None


class Input:
    """Reads at most 1,000 lines ahead of those that are done."""

    def __init__(self, put: Callable[[Typed], None], complain: Callable[[str], None]) -> None:
        """Prepare to read.

        Args:
            put: Receives each line, then the end, in the thread that reads.
            complain: Receives a text if the input cannot be read.
        """
        self._put = put
        self._complain = complain
        self._ahead = threading.Semaphore(LINES_AHEAD)

    def start(self) -> None:
        """Start to read. The thread ends with the process."""
        threading.Thread(target=self._read, name="input", daemon=True).start()

    def done(self) -> None:
        """Note that a line is carried out, and its message, if it was one, is in the room or refused."""
        self._ahead.release()

    def _read(self) -> None:
        try:
            for line in _lines_of(sys.stdin.fileno()):
                self._ahead.acquire()
                self._put(Typed(line))
        except OSError as error:
            self._complain(_("the input cannot be read: {why}").format(why=error.strerror))
        finally:
            self._put(Typed(None))


def _lines_of(descriptor: int) -> Iterator[str]:
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
