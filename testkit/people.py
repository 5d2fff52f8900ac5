"""People at the line client: the real program, at a pseudo-terminal or at a pipe."""

import os
import subprocess
import sys
from pathlib import Path

import pexpect

COMMAND = [sys.executable, "-m", "chat_client"]
PLAIN = [*COMMAND, "--plain"]
MESSAGE = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] "


def environment(url: str, state: Path) -> dict[str, str]:
    """Return the environment of a client that keeps its author secret and its settings in the directory `state`."""
    directories = {"XDG_STATE_HOME": str(state), "XDG_CONFIG_HOME": str(state / "config")}
    return {**os.environ, **directories, "AMQP_URL": url, "TERM": "xterm", "LC_ALL": "C.UTF-8"}


class Person:
    """A person at the line client, in a terminal of 80 columns and 24 rows."""

    def __init__(self, url: str, state: Path, *arguments: str) -> None:
        """Start the client.

        Args:
            url: The AMQP URL.
            state: The directory of the author secret.
            arguments: More arguments of the command line.
        """
        self.terminal = pexpect.spawn(
            PLAIN[0],
            [*PLAIN[1:], *arguments],
            env=environment(url, state),
            encoding="utf-8",
            codec_errors="replace",
            timeout=20,
            dimensions=(24, 80),
            echo=False,
        )

    def sees(self, pattern: str, seconds: float = 20) -> str:
        """Wait until the client prints a match of a regular expression; return the match."""
        self.terminal.expect(pattern, timeout=seconds)
        return str(self.terminal.after)

    def says(self, line: str) -> None:
        """Type a line and press Enter."""
        self.terminal.sendline(line)

    def joins(self, name: str) -> None:
        """Answer the question for the name, and wait until the client has joined."""
        self.sees("name: ")
        self.says(name)
        self.sees(rf"\* you are {name}")

    def hears(self, user: str, text: str, seconds: float = 20) -> None:
        """Wait for a message of a user, with its time."""
        self.sees(MESSAGE + rf"{user}: {text}", seconds)

    def ends(self) -> int:
        """Wait until the client has ended; return its exit status, or the negative signal number."""
        self.terminal.expect(pexpect.EOF)
        self.terminal.close()
        status = self.terminal.exitstatus
        return status if status is not None else -(self.terminal.signalstatus or 0)

    def killed(self) -> None:
        """Kill the client with SIGKILL."""
        self.terminal.kill(9)
        self.terminal.wait()


def piped(url: str, state: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a client to its end with a text at its standard input."""
    return subprocess.run(
        [*COMMAND, *arguments],
        input=text,
        capture_output=True,
        text=True,
        env=environment(url, state),
        timeout=60,
        check=False,
    )
