"""The line face: chooses between a person at a terminal and a script at a pipe, and ends either in order."""

import os
import signal
import sys
from types import FrameType

from chat_client.leaving import INTERRUPTED, Leave
from chat_client.pipe import Pipe
from chat_client.settings import ClientSettings
from chat_client.terminal import Terminal

TO_LEAVE = (signal.SIGTERM, signal.SIGHUP)


def run(settings: ClientSettings, secret: str) -> int:
    """Run until the session ends or the client is told to leave; returns the exit status."""
    for each in TO_LEAVE:
        signal.signal(each, _leave)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    face = Terminal(settings, secret) if at_terminal else Pipe(settings, secret)
    status = _run(face)
    for each in (*TO_LEAVE, signal.SIGINT):  # closing takes no time: let nothing interrupt it
        signal.signal(each, signal.SIG_IGN)
    return face.close(status)


def _run(face: Terminal | Pipe) -> int:
    try:
        face.run()
    except Leave as leave:
        return leave.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output is gone: nothing more is written, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _leave(signum: int, _frame: FrameType | None) -> None:
    for each in TO_LEAVE:
        signal.signal(each, signal.SIG_IGN)
    raise Leave(128 + signum)
