"""The full-screen client at a pseudo-terminal, timed by the bytes that it writes."""

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
KEPT = 100  # bytes that are kept, as a text may arrive in two parts
# Variables that would change the client; an installed client, for one, has its modules compiled.
LEFT_OUT = ("LANGUAGE", "NO_COLOR", "COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE")


class Screen:
    """A client in a terminal of 80 x 24.

    Read its output all the time: a terminal that reads nothing blocks the client.
    """

    def __init__(self, url: str, state: Path, *arguments: str) -> None:
        """Start the client.

        Args:
            url: The URL of the broker.
            state: The directory for its author secret.
            arguments: Its command-line arguments.
        """
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
        """Return the running client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill the client."""
        self.popen.kill()
        self.popen.wait(10)
        self._selector.close()
        os.close(self._terminal)

    def press(self, keys: str) -> None:
        """Press keys, given as the bytes that a terminal sends for them."""
        os.write(self._terminal, keys.encode())

    def shows(self, text: str) -> float:
        """Read until the client writes a text, and return the monotonic time; raises AssertionError after 30 s."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        found = self.shows_by(deadline, text)
        assert found, f"the client has not shown {text!r} within {PATIENCE_SECONDS:g} s"
        return found

    def shows_by(self, deadline: float, text: str = "") -> float | None:
        """Read until the client writes a text, or until the deadline if there is no text.

        Args:
            deadline: The monotonic time at which to give up, in seconds.
            text: The text, of at most 100 bytes.

        Returns:
            The monotonic time of the text; None if it did not appear.
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
