"""Somebody at the full-screen client: a pseudo-terminal, and what stands on its screen."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pexpect
import pyte

from testkit.people import COMMAND, environment

LOOK_SECONDS = 0.05
CHUNK = 65536
# What a terminal like xterm sends.
KEYS = {
    "Enter": "\r",
    "Escape": "\x1b",
    "PageUp": "\x1b[5~",
    "F4": "\x1bOS",
    "Ctrl+Q": "\x11",
}
# What would change what the client shows, or take another size for the terminal's.
NOT_INHERITED = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "COLUMNS", "LINES")


class Sitter:
    """A person who looks at the screen. `raw` is all that the client has written to the terminal."""

    def __init__(self, url: str, state: Path, *, columns: int = 100, lines: int = 30, **environ: str) -> None:
        own = environment(url, state)
        kept = {name: value for name, value in own.items() if name not in NOT_INHERITED}
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self.screen)
        self.raw = ""
        self.terminal = pexpect.spawn(
            COMMAND[0],
            COMMAND[1:],
            env={**kept, "LANG": "C.UTF-8", "TERM": "xterm-256color", **environ},
            encoding="utf-8",
            codec_errors="replace",
            timeout=20,
            dimensions=(lines, columns),
            echo=False,
        )

    def rows(self) -> list[str]:
        """What stands on the screen now, a row each."""
        with suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                self._take(self.terminal.read_nonblocking(CHUNK, timeout=0))
        return [row.rstrip() for row in self.screen.display]

    def shows(self, text: str) -> bool:
        """Whether a row of the screen has this text."""
        return any(text in row for row in self.rows())

    def sees(self, text: str, seconds: float = 20) -> None:
        """Wait until the text is on the screen."""
        self.waits(lambda: self.shows(text), f"{text!r} is on the screen", seconds)

    def waits(self, condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
        """Wait for a condition while reading the screen; raises AssertionError with the whole screen."""
        deadline = time.monotonic() + seconds
        while not condition():
            screen = "\n".join(self.rows())
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{screen}"
            assert self.terminal.isalive(), f"the client has ended, before {what}\n{screen}"
            with suppress(pexpect.TIMEOUT, pexpect.EOF):
                self._take(self.terminal.read_nonblocking(CHUNK, timeout=LOOK_SECONDS))

    def types(self, text: str) -> None:
        """Type a text, and no Enter."""
        self.terminal.send(text)

    def presses(self, *keys: str) -> None:
        """Press keys of KEYS, one after the other."""
        for key in keys:
            self.terminal.send(KEYS[key])

    def says(self, text: str) -> None:
        """Type a text, and Enter once it is in the input line."""
        self.types(text)
        self.sees(text)
        self.presses("Enter")

    def asks_for(self, name: str) -> None:
        """Type a name when asked for it."""
        self.sees("What is your name here?")
        self.says(name)

    def joins(self, name: str) -> None:
        """Type a name when asked for it, and wait to be in the room."""
        self.asks_for(name)
        self.sees("● connected")
        self.sees(f"● {name}")

    def resizes(self, columns: int, lines: int) -> None:
        """Make the terminal's window larger or smaller."""
        self.rows()
        self.screen.resize(lines, columns)
        self.terminal.setwinsize(lines, columns)

    def terminated(self) -> None:
        """Tell the client to end, as a closing system does."""
        self.terminal.kill(signal.SIGTERM)

    def ends(self) -> int:
        """Wait until the client has ended; returns its exit status."""
        with suppress(pexpect.EOF):
            while True:
                self._take(self.terminal.read_nonblocking(CHUNK, timeout=20))
        self.terminal.close()
        status = self.terminal.exitstatus
        return status if status is not None else -(self.terminal.signalstatus or 0)

    def processor_seconds(self) -> float:
        """Processor time that the client has used."""
        fields = Path(f"/proc/{self.terminal.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _take(self, written: str) -> None:
        self.raw += written
        self._stream.feed(written)
