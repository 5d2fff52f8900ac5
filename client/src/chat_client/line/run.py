"""Runs the line client from its start to its end."""

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import TextIO

from chat_client import charset, display
from chat_client.language import _
from chat_client.leaving import Leave
from chat_client.line.client import LineClient
from chat_client.line.output import ask_name, print_at_terminal
from chat_client.opening import OpenSession
from chat_client.preferences_file import PreferenceStore
from chat_client.settings import ClientSettings
from chat_client.system_errors import why

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def run(settings: ClientSettings, open_session: OpenSession, preferences: PreferenceStore) -> int:
    """Run until the session ends or a signal ends the client.

    Args:
        settings: The client's settings.
        open_session: Creates the session.
        preferences: The preferences of the person.

    Returns:
        The exit status.
    """
    at_terminal = sys.stdin.isatty()
    client = None
    try:
        _prepare(at_terminal)
        for text in [*charset.remarks(), *preferences.remarks] if at_terminal else ():
            print_at_terminal(f"{display.notice(text)}\n")
        if at_terminal and settings.name is None and not preferences.current.name:
            ask_name()
        client = LineClient(settings.name, open_session, preferences, at_terminal=at_terminal, text_only=settings.text)
        if at_terminal:
            signal.signal(signal.SIGINT, client.interrupt)
        status = _run(client)
    except Leave as leave:
        status = leave.status
    _ignore_signals()  # closing takes 2 s at most: let nothing interrupt it
    return _close(client, status) if client else status


def _close(client: LineClient, status: int) -> int:
    try:
        return client.close(status)
    except OSError:  # stderr cannot be written either
        _silence(sys.stderr)
    return status or 1


def _prepare(at_terminal: bool) -> None:
    for each in SIGNALS:
        # A shell starts background jobs with SIGINT ignored; at a terminal Ctrl+C has to work in any case.
        if at_terminal or each is not signal.SIGINT or signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, _leave)
    for stream in (sys.stdout, sys.stderr):
        # They are TextIOWrapper, which can be reconfigured; typeshed declares TextIO, as a program may replace them.
        if stream.errors != charset.ERRORS:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _run(client: LineClient) -> int:
    """Run the client until Leave ends it. If the output cannot be written, return the exit status."""
    try:
        client.run()
    except BrokenPipeError:  # the reader of the output has gone
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        with suppress(OSError):  # both may go to one full disk
            text = _("the output cannot be written: {why}").format(why=why(error))
            print(f"chat: {text}", file=sys.stderr)
    return 1


def _silence(stream: TextIO) -> None:
    """Discard all further output to a stream, and its buffer too, whose write at exit would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _leave(signum: int, _frame: FrameType | None) -> None:
    _ignore_signals()
    raise Leave(128 + signum)


def _ignore_signals() -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
