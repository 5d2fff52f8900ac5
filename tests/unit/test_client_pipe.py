"""The line client at pipes, without a broker: its input, its output and its end."""

import fcntl
import os
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from testkit.people import COMMAND, environment
from testkit.wait import until

NO_BROKER = "amqp://client:x@127.0.0.1:9/"
BOT = [*COMMAND, "--name", "bot"]
TERMINATED = 143
LEFT = "(the client left before the message was sent)"


def ended(state: Path, redirections: str, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a client to its end, with the redirections of a shell."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(NO_BROKER, state),
        timeout=30,
        check=False,
    )


@contextmanager
def waiting(state: Path, stdin: int, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a client and wait until it says that it waits for the broker."""
    process = subprocess.Popen(
        [*BOT, *options],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
        env=environment(NO_BROKER, state),
    )
    try:
        assert process.stdout
        assert "waiting for the broker" in process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait(10)


def unread(pipe: IO[str]) -> int:
    """Return how many bytes wait in a pipe (ioctl_pipe(2), FIONREAD)."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def hand_over(pipe: IO[str], lines: str, unread_by: IO[str]) -> None:
    """Write lines, and wait until the client has handled them: until it has read another line after them."""
    for written in (lines, "\n"):
        pipe.write(written)
        pipe.flush()
        until(lambda: not unread(unread_by), what="all is read")


def complaints(client: "subprocess.Popen[str]") -> list[str]:
    """Terminate a client that has read everything; return its lines on stderr."""
    client.terminate()
    complained = client.communicate(timeout=30)[1]
    assert client.returncode == TERMINATED
    return complained.splitlines()


def test_messages_read_but_not_posted_are_named_when_the_client_leaves(tmp_path: Path) -> None:
    with waiting(tmp_path, subprocess.PIPE) as client:
        assert client.stdin
        hand_over(client.stdin, "one\n/users\n//two\n/exit\nthree\n", unread_by=client.stdin)

        assert complaints(client) == [f"chat: not sent: one {LEFT}", f"chat: not sent: /two {LEFT}"]


def test_with_text_every_line_is_a_message(tmp_path: Path) -> None:
    with waiting(tmp_path, subprocess.PIPE, "--text") as client:
        assert client.stdin
        hand_over(client.stdin, "/exit\n//two\n", unread_by=client.stdin)

        assert complaints(client) == [f"chat: not sent: /exit {LEFT}", f"chat: not sent: //two {LEFT}"]


def catches_sigterm(pid: int) -> bool:
    """Return whether a process has a handler for SIGTERM (proc_pid_status(5), SigCgt)."""
    (mask,) = [line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "SigCgt" in line]
    return bool(int(mask, 16) & 1 << signal.SIGTERM - 1)


def test_a_signal_ends_a_client_that_is_asking_for_the_name(tmp_path: Path) -> None:
    terminal, stdin = os.openpty()
    reader, stderr = os.pipe()
    size = fcntl.fcntl(stderr, fcntl.F_GETPIPE_SZ)
    os.write(stderr, bytes(size))  # so that the question for the name blocks
    client = subprocess.Popen(
        COMMAND, stdin=stdin, stdout=subprocess.DEVNULL, stderr=stderr, env=environment(NO_BROKER, tmp_path)
    )
    os.close(stdin)
    os.close(stderr)
    until(lambda: catches_sigterm(client.pid), 30, "the client handles signals")

    client.terminate()

    with os.fdopen(terminal), os.fdopen(reader, "rb") as complained:
        assert b"Traceback" not in complained.read()[size:]
    assert client.wait(30) == TERMINATED


def test_an_input_that_does_not_block_is_waited_for(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with os.fdopen(reading) as rest, os.fdopen(writing, "w") as line, waiting(tmp_path, reading) as client:
        hand_over(line, "one\n", unread_by=rest)

        assert complaints(client) == [f"chat: not sent: one {LEFT}"]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_descriptor_is_treated_as_empty(tmp_path: Path, closed: str) -> None:
    done = ended(tmp_path, closed, *COMMAND)

    assert done.returncode == 2
    assert done.stderr.startswith("chat: no name") or "2>&-" in closed


def test_an_unreadable_input_is_reported_and_treated_as_ended(tmp_path: Path) -> None:
    done = ended(tmp_path, "0>/dev/null", *COMMAND)

    assert done.returncode == 2
    assert done.stderr.startswith("chat: the input cannot be read: Bad file descriptor\n")


def test_an_output_that_cannot_be_written_ends_the_client(tmp_path: Path) -> None:
    done = ended(tmp_path, ">/dev/full", *BOT)

    assert done.returncode == 1
    assert done.stderr == "chat: the output cannot be written: No space left on device\n"
