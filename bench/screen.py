"""The full-screen client at a pseudo-terminal, timed by the raw bytes that it writes."""

import os
import pty
import selectors
import subprocess
import termios
import time
from pathlib import Path
from typing import Self

from testkit.people import COMMAND, environment

ROWS, COLUMNS = 24, 80
PATIENCE_SECONDS = 30.0
AT_ONCE = 1 << 16
KEPT = 100  # bytes: a text may come in two parts
# What would make it another client: an installed one, above all, has been compiled.
LEFT_OUT = ("LANGUAGE", "NO_COLOR", "COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE")


class Screen:
    """One client from its start on, in a terminal of 80 x 24. Its author secret lies below `state`.

    What it writes must be read all the time, for a terminal that takes nothing stops it.
    """

    def __init__(self, url: str, state: Path, *arguments: str) -> None:
        self._terminal, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (ROWS, COLUMNS))
        self.popen = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=_environment(url, state),
        )
        os.close(theirs)
        self._last = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._terminal, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it at once."""
        self.popen.kill()
        self.popen.wait(10)
        self._selector.close()
        os.close(self._terminal)

    def press(self, keys: str) -> None:
        """Type; keys are what a terminal sends for them."""
        os.write(self._terminal, keys.encode())

    def shows(self, text: str) -> float:
        """Read until a text is written, and return the time, monotonic; raises AssertionError after 30 s without."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        found = self.shows_by(deadline, text)
        assert found, f"the client does not show {text!r}"
        return found

    def shows_by(self, deadline: float, text: str = "") -> float | None:
        """Read until a text is written, and return the time, monotonic; None when it is not there in time.

        Without a text it reads until that time.
        """
        mark = text.encode()
        while (left := deadline - time.monotonic()) > 0:
            if self._selector.select(left):
                written = os.read(self._terminal, AT_ONCE)
                found = mark and mark in self._last[1 - len(mark) :] + written
                self._last = (self._last + written)[-KEPT:]
                if found:
                    return time.monotonic()
        return None


def _environment(url: str, state: Path) -> dict[str, str]:
    kept = {name: value for name, value in environment(url, state).items() if name not in LEFT_OUT}
    return {**kept, "TERM": "xterm-256color"}
