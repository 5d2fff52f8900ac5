"""The line face: chooses between a person at a terminal and a script at a pipe."""

import signal
import sys
from types import FrameType

from chat_client.leaving import Leave
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
    if sys.stdin.isatty() and sys.stdout.isatty():
        return Terminal(settings, secret).run()
    return Pipe(settings, secret).run()


def _leave(signum: int, _frame: FrameType | None) -> None:
    for each in TO_LEAVE:  # leaving is under way and takes no time: let nothing interrupt it
        signal.signal(each, signal.SIG_IGN)
    raise Leave(128 + signum)
