"""A person at the full-screen client: the real program at a pseudo-terminal, and an emulation of its screen."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pexpect
import pyte

from testkit.people import COMMAND, environment

LOOK_SECONDS = 0.05
CHUNK = 65536
# The characters that xterm sends for a key.
KEYS = {
    "Enter": "\r",
    "Escape": "\x1b",
    "PageUp": "\x1b[5~",
    "PageDown": "\x1b[6~",
    "Ctrl+Home": "\x1b[1;5H",
    "Ctrl+End": "\x1b[1;5F",
    "F4": "\x1bOS",
    "F6": "\x1b[17~",
    "Ctrl+C": "\x03",
    "Ctrl+Q": "\x11",
}
# Variables that would change the language, the colours, the size of the screen, or the terminal.
NOT_INHERITED = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "COLUMNS", "LINES", "TMUX")


class FullscreenPerson:
    """A person who looks at the screen and types.

    Attributes:
        screen: The emulated screen.
        raw: Everything that the client has written to the terminal.
    """

    def __init__(
        self,
        url: str,
        state: Path,
        *,
        columns: int = 100,
        lines: int = 30,
        command: Sequence[str] = COMMAND,
        encoding: str = "utf-8",
        **environ: str,
    ) -> None:
        """Start the client.

        Args:
            url: The URL of the broker.
            state: The directory below which the client keeps its author secret.
            columns: The width of the terminal.
            lines: The height of the terminal.
            command: The program and its arguments.
            encoding: The encoding of the terminal.
            environ: More environment variables of the client.
        """
        own = environment(url, state)
        kept = {name: value for name, value in own.items() if name not in NOT_INHERITED}
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self.screen)
        self.raw = ""
        self.terminal = pexpect.spawn(
            command[0],
            list(command[1:]),
            env={**kept, "LANG": "C.UTF-8", "TERM": "xterm-256color", **environ},
            encoding=encoding,
            codec_errors="replace",
            timeout=20,
            dimensions=(lines, columns),
            echo=False,
        )

    def rows(self) -> list[str]:
        """Return the rows on the screen."""
        with suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                self._feed(self.terminal.read_nonblocking(CHUNK, timeout=0))
        return [row.rstrip() for row in self.screen.display]

    def shows(self, text: str) -> bool:
        """Return whether a row of the screen has a text."""
        return any(text in row for row in self.rows())

    def sees(self, text: str, seconds: float = 20) -> None:
        """Wait until a text is on the screen."""
        self.waits(lambda: self.shows(text), f"{text!r} is on the screen", seconds)

    def waits(self, condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
        """Wait for a condition while reading the screen. Raise AssertionError with the whole screen if it fails."""
        deadline = time.monotonic() + seconds
        while not condition():
            screen = "\n".join(self.rows())
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{screen}"
            assert self.terminal.isalive(), f"the client has ended, before {what}\n{screen}"
            with suppress(pexpect.TIMEOUT, pexpect.EOF):
                self._feed(self.terminal.read_nonblocking(CHUNK, timeout=LOOK_SECONDS))

    def types(self, text: str) -> None:
        """Type a text without Enter."""
        self.terminal.send(text)

    def presses(self, *keys: str) -> None:
        """Press keys of KEYS, one after another."""
        for key in keys:
            self.terminal.send(KEYS[key])

    def says(self, text: str) -> None:
        """Type a text, and press Enter once the screen shows it."""
        self.types(text)
        self.sees(text)
        self.presses("Enter")

    def asks_for(self, name: str) -> None:
        """Type a name when the client asks for it."""
        self.sees("Choose your name")
        self.says(name)

    def joins(self, name: str) -> None:
        """Type a name when the client asks for it, and wait for the room."""
        self.asks_for(name)
        self.sees("● connected")
        self.sees(f"● {name}")

    def resizes(self, columns: int, lines: int) -> None:
        """Make the terminal's window larger or smaller."""
        self.rows()
        self.screen.resize(lines, columns)
        self.terminal.setwinsize(lines, columns)

    def gets_sigterm(self) -> None:
        """Send SIGTERM to the client, as a system does at shutdown."""
        self.terminal.kill(signal.SIGTERM)

    def ends(self) -> int:
        """Wait until the client has ended and return its exit status."""
        with suppress(pexpect.EOF):
            while True:
                self._feed(self.terminal.read_nonblocking(CHUNK, timeout=20))
        self.terminal.close()
        status = self.terminal.exitstatus
        return status if status is not None else -(self.terminal.signalstatus or 0)

    def processor_seconds(self) -> float:
        """Return the processor time that the client has used."""
        fields = Path(f"/proc/{self.terminal.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _feed(self, written: str) -> None:
        self.raw += written
        self._stream.feed(written)
