"""The input of the line client: standard input as lines, read in a thread."""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator

from chat_client.language import _
from chat_client.system_errors import why

CHUNK = 65536
LINES_AHEAD = 1000
TERMINAL_BYTES = 4095  # the most that a terminal passes on of a line; it drops the rest (termios(3), canonical mode)


class Input:
    """Reads lines until 1,000 of them are not done, and goes on when one is done.

    Attributes:
        lines: The lines that were read and not carried out; None is the end. The thread that reads adds them here
            itself, so that a signal that interrupts the main thread cannot lose one.
    """

    def __init__(self, arrived: Callable[[], None], complain: Callable[[str], None]) -> None:
        """Prepare to read.

        Args:
            arrived: Called after each line, and at the end, in the thread that reads.
            complain: Receives a text if the input cannot be read.
        """
        self.lines: deque[str | None] = deque()
        self._arrived = arrived
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
                self._add(line)
        except OSError as error:
            self._complain(_("the input cannot be read: {why}").format(why=why(error)))
        finally:
            self._add(None)

    def _add(self, line: str | None) -> None:
        self.lines.append(line)
        self._arrived()


def may_be_cut(line: str) -> bool:
    """Return whether a line that was typed at a terminal is so long that the terminal may have dropped its end."""
    return len(line.encode(sys.stdin.encoding, errors="replace")) >= TERMINAL_BYTES


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
    """Return a line in the encoding of the locale. A byte that is no character there becomes U+FFFD."""
    return line.removesuffix(b"\r").decode(sys.stdin.encoding, errors="replace")
