"""Random input through a pseudo-terminal to the full-screen client, which must neither end nor hang.

After each batch of inputs a key is typed that no input contains, and must appear on the screen. `make fuzz` runs it. A
run prints its seed, and the same seed sends the same input again.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pexpect

from testkit.wait import until

BATCH = 50
REPORT_EVERY = 10_000
SECONDS = 60.0  # within which a typed key must appear; an idle machine needs a few milliseconds
RESET_SECONDS = 0.05  # for the keys before it, which the widgets have in their queues
KEPT = 200_000  # bytes of what the client has written, for the report of its end
TRY_SECONDS = 0.7  # a key that is typed into a paste without an end is a part of it: type another one
RESET = b"\x1b[24~"  # F12: see testkit/fuzz_client.py
PASTE_END = b"\x1b[201~"
FIRST_LETTER, LETTERS = 0x4E00, 20_000  # typed in turn, so that the screen has each one only as the echo of its key
PIECES = (
    # Beginnings of sequences, and ends without a beginning.
    *(
        b"\x1b",
        b"\x1b[",
        b"\x1b[200~",
        PASTE_END,
        b"\x1b[M",
        b"\x1b[<0;",
        b"\x1bO",
        b"\x1b]11;rgb:",
        b"\x1b\\",
        b"\x07",
    ),
    # Keys: arrows, pages, F6, F1, F4, Delete, Shift+Tab, Ctrl+End, Enter, Ctrl+C, D, P, Q and Z, and the focus.
    *(
        b"\x1b[A",
        b"\x1b[B",
        b"\x1b[5~",
        b"\x1b[6~",
        b"\x1b[17~",
        b"\x1bOP",
        b"\x1bOS",
        b"\x1b[3~",
        b"\x1b[Z",
        b"\x1b[1;5F",
    ),
    *(b"\r", b"\n", b"\r\n", b"\t", b"\x7f", b"\x03", b"\x04", b"\x10", b"\x11", b"\x1a", b"\x1b[I", b"\x1b[O"),
    # Numbers that are no characters, and reports that nobody asked for.
    *(b"\x1b[97;1:3u", b"\x1b[55296u", b"\x1b[99999999u", b"\x1b[48;1;1;1;1t", b"\x1b[9;9R", b"\x1b[?2026;2$y"),
    # Texts: of several code points, reversed, not UTF-8, and commands.
    *("ñ".encode(), "👨\u200d👩\u200d👧".encode(), "\u202e".encode(), b"\xff", b"\xc3"),
    *(b"hello world", b"/help\r", b"/search a\r", b"/users\r"),
)


def main() -> int:
    """Run the fuzz and return the exit status."""
    parser = argparse.ArgumentParser(description="Send random input to the full-screen client.")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--inputs", type=int, default=100_000)
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.inputs:,} inputs", flush=True)
    started = time.monotonic()
    sent, slowest = fuzz(options.seed, options.inputs)
    print(f"{sent:,} bytes in {time.monotonic() - started:.0f} s; the slowest key appeared after {slowest:.2f} s")
    return 0


def fuzz(seed: int, inputs: int) -> tuple[int, float]:
    """Send inputs. Return how many bytes they have, and the longest time in seconds until a key appeared after a batch.

    Raises:
        AssertionError: The client has ended, or does not show a key that was typed. The message has the seed.
    """
    source = random.Random(seed)
    sent, slowest = 0, 0.0
    with tempfile.TemporaryDirectory() as directory:
        client = FuzzedClient(Path(directory))
        client.shows_a_key("at the start")
        for first in range(0, inputs, BATCH):
            batch = [random_input(source) for _each in range(min(BATCH, inputs - first))]
            for data in batch:
                client.gets(data)
            sent += sum(map(len, batch))
            if source.random() < 0.9:
                client.gets(PASTE_END)
            if first % REPORT_EVERY == 0:
                print(f"  {first:,}", flush=True)
            slowest = max(slowest, client.shows_a_key(f"seed {seed}, after inputs {first:,} and on: {batch}"))
        client.end()
    return sent, slowest


def random_input(source: random.Random) -> bytes:
    """Return random bytes, a mouse report, or pieces of PIECES, of which half are cut anywhere."""
    kind = source.random()
    if kind < 0.3:
        return source.randbytes(source.randint(1, 12))
    if kind < 0.5:
        return _mouse_report(source)
    data = b"".join(source.choice(PIECES) for _piece in range(source.randint(1, 4)))
    return data[: source.randint(1, len(data))] if source.random() < 0.5 else data


def _mouse_report(source: random.Random) -> bytes:
    if source.random() < 0.3:
        return b"\x1b[M" + source.randbytes(3)
    button, column, row = source.randint(0, 127), source.randint(-2, 300), source.randint(-2, 100)
    return b"\x1b[<%d;%d;%d%c" % (button, column, row, source.choice(b"mM"))


class FuzzedClient:
    """The client of `testkit.fuzz_client` at a pseudo-terminal of 80 columns and 24 rows."""

    def __init__(self, directory: Path) -> None:
        """Start it, with a directory for its files."""
        environ = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        self._terminal: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable,
            ["-m", "testkit.fuzz_client", str(directory)],
            env={**environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
            dimensions=(24, 80),
            echo=False,
        )
        self._directory = directory
        self._written = b""  # by the client, of late
        self._typed = 0

    def gets(self, data: bytes) -> None:
        """Send bytes, and take what the client has written."""
        os.write(self._terminal.child_fd, data)
        self._read(0)

    def shows_a_key(self, when: str) -> float:
        """Type a key and return after how many seconds the client shows it.

        Raises:
            AssertionError: It does not.
        """
        started = time.monotonic()
        while time.monotonic() < started + SECONDS:
            if self._shows_letter():
                return time.monotonic() - started
            assert self._terminal.isalive(), f"the client has ended: {when}\n{self._last_words()}"
        raise AssertionError(f"no key appears: {when}\n{self._last_words()}\n{self._stacks()}")

    def _shows_letter(self) -> bool:
        self._written = self._written[-KEPT:]
        letter = chr(FIRST_LETTER + self._typed % LETTERS).encode()
        self._typed += 1
        self.gets(RESET)
        self._read(RESET_SECONDS)
        self.gets(RESET + letter)
        until = time.monotonic() + TRY_SECONDS
        while letter not in self._written and time.monotonic() < until:
            self._read(TRY_SECONDS / 10)
        return letter in self._written

    def _last_words(self) -> str:
        self._read(TRY_SECONDS)
        status = self._terminal.exitstatus, self._terminal.signalstatus
        return f"{self._written.decode(errors='replace')}\nexit status and signal: {status}"

    def _stacks(self) -> str:
        """Return where the threads of the client are."""
        self._terminal.kill(signal.SIGUSR1)
        return until((self._directory / "stacks").read_text, what="the stacks of the client")

    def end(self) -> None:
        """Kill the client."""
        self._terminal.close(force=True)

    def _read(self, seconds: float) -> None:
        with suppress(pexpect.TIMEOUT, pexpect.EOF):
            self._written += self._terminal.read_nonblocking(1 << 20, timeout=seconds)


if __name__ == "__main__":
    sys.exit(main())
