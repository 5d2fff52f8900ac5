"""The line face: chooses between a person at a terminal and a script at a pipe, and ends either in order."""

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import TextIO

from chat_client.language import _
from chat_client.leaving import INTERRUPTED, Leave
from chat_client.pipe import Pipe
from chat_client.settings import ClientSettings
from chat_client.terminal import Terminal

TO_LEAVE = (signal.SIGTERM, signal.SIGHUP)


def run(settings: ClientSettings, secret: str) -> int:
    """Run until the session ends or the client is told to leave; returns the exit status."""
    for each in TO_LEAVE:
        signal.signal(each, _leave)
    sys.stdin.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    face = Terminal(settings, secret) if at_terminal else Pipe(settings, secret)
    status = _run(face)
    for each in (*TO_LEAVE, signal.SIGINT):  # closing takes no time: let nothing interrupt it
        signal.signal(each, signal.SIG_IGN)
    try:
        return face.close(status)
    except OSError:  # nobody reads stderr either
        _silence(sys.stderr)
    return status or 1


def _run(face: Terminal | Pipe) -> int:
    try:
        face.run()
    except Leave as leave:
        return leave.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output is gone
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        with suppress(OSError):  # both may go to one full disk
            text = _("the output cannot be written: {why}").format(why=error.strerror)
            print(f"chat: {text}", file=sys.stderr)
    return 1


def _silence(stream: TextIO) -> None:
    """Have nothing more written there, not even at exit: what is left in its buffer would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _leave(signum: int, _frame: FrameType | None) -> None:
    for each in TO_LEAVE:
        signal.signal(each, signal.SIG_IGN)
    raise Leave(128 + signum)
