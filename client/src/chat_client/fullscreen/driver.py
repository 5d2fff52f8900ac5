"""The driver between Textual and the terminal. Nothing that the terminal sends can end the client."""

import asyncio
import os
import select
import signal
import sys
import time
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import MouseEvent
from textual.message import Message

from chat_client.fullscreen.driver_bursts import Bursts
from chat_client.fullscreen.driver_events import InputEvents
from chat_client.fullscreen.driver_tokens import Tokens
from chat_client.fullscreen.terminal import KEEP_TITLE, RESTORE_TITLE

CHUNK = 65536
IDLE_SECONDS = 0.1  # how soon the thread that reads notices that it is to end
BACKGROUND_SECONDS = 0.1  # how often a client that is continued in the background stops again
QUIT_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT)


class TerminalInput:
    """Bytes of the terminal in, events of Textual out."""

    def __init__(self, encoding: str) -> None:
        """Start without bytes.

        Args:
            encoding: The encoding of the terminal.
        """
        self._tokens = Tokens(encoding)
        self._bursts = Bursts()
        self._events = InputEvents()

    @property
    def deadline(self) -> float | None:
        """The time at which `expire` is due; None if nothing waits."""
        return min((at for at in (self._tokens.deadline, self._bursts.deadline) if at is not None), default=None)

    def feed(self, data: bytes, now: float) -> list[Message]:
        """Return the events of some bytes."""
        tokens = self._bursts.feed(self._tokens.feed(data, now), now)
        return [event for token in tokens for event in self._events.events(token)]

    def expire(self, now: float) -> list[Message]:
        """Return the events of the bytes that have waited until now for others."""
        tokens = []
        if self._tokens.deadline is not None and self._tokens.deadline <= now:
            tokens += self._bursts.feed(self._tokens.expire(), now)
        if self._bursts.deadline is not None and self._bursts.deadline <= now:
            tokens += self._bursts.expire()
        return [event for token in tokens for event in self._events.events(token)]


class Output(TextIOWrapper):
    """The terminal as Textual writes to it. A terminal that has gone takes everything and shows nothing."""

    def __init__(self, file: TextIOWrapper) -> None:
        """Write where a file does."""
        super().__init__(os.fdopen(os.dup(file.fileno()), "wb"), file.encoding, file.errors)

    def write(self, text: str) -> int:
        """Write a text."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        with suppress(OSError):
            super().flush()


class TerminalDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, with an input of its own, and suspended as a shell expects."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """Prepare to drive the terminal at standard input and error."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert sys.__stdin__
        assert isinstance(sys.__stderr__, TextIOWrapper)
        self._encoding = sys.__stdin__.encoding
        self._file = output = Output(sys.__stderr__)
        self._draws = False
        for descriptor in (self.fileno, output.fileno()):
            os.set_blocking(descriptor, True)  # a program before this one may have left it otherwise

    def start_application_mode(self) -> None:
        """Take the terminal. From here on a signal ends the app in order.

        The loop calls the handlers. Python would call them in the middle of anything, which may hold a lock that they
        need.
        """
        self._draws = True
        loop = asyncio.get_running_loop()
        for number in QUIT_SIGNALS:
            loop.add_signal_handler(number, self._app.exit, 128 + number)
        loop.add_signal_handler(signal.SIGTSTP, self._sigtstp_application)
        loop.add_signal_handler(signal.SIGCONT, self._sigcont_application)
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual does not declare None
        self.write(KEEP_TITLE)

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        self.write(RESTORE_TITLE)
        super().stop_application_mode()
        self._draws = False

    def run_input_thread(self) -> None:
        """Read until the driver stops, or the terminal has gone: then the client ends as by SIGHUP."""
        found = TerminalInput(self._encoding)
        while not self.exit_event.is_set():
            try:
                self._read(found)
            except (OSError, EOFError):
                os.kill(os.getpid(), signal.SIGHUP)
                return

    def _read(self, found: TerminalInput) -> None:
        """Read once, for as long as nothing else is due. Bytes that have arrived come before a deadline."""
        wait = IDLE_SECONDS if found.deadline is None else found.deadline - time.monotonic()
        ready, _write, _error = select.select([self.fileno], [], [], max(0.0, min(wait, IDLE_SECONDS)))
        if ready:
            data = os.read(self.fileno, CHUNK)
            if not data:
                raise EOFError
            events = found.feed(data, time.monotonic())
        else:
            events = found.expire(time.monotonic())
        for event in events:
            self.process_message(event)

    def process_message(self, message: Message) -> None:
        """Pass an event on, unless it is of the mouse outside the screen: it would take the focus from the composer."""
        if not isinstance(message, MouseEvent) or self._app.size.contains_point(message.screen_offset):
            super().process_message(message)

    def _query_in_band_window_resize(self) -> None:
        """Leave this mode off: SIGWINCH tells the size, and a paste cannot pretend to be one."""

    def suspend(self) -> None:
        """Give the terminal back, and stop until a shell continues the client in the foreground.

        The whole job stops, with the programs above such as `make`, but only now: the shell takes the terminal as soon
        as it notices. The kernel does not stop a job that no shell could continue. Then the client goes on at once.
        """
        self.suspend_application_mode()
        for number in (signal.SIGTSTP, signal.SIGCONT):
            asyncio.get_running_loop().remove_signal_handler(number)
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        while not self._in_foreground():
            time.sleep(BACKGROUND_SECONDS)
            os.killpg(os.getpgrp(), signal.SIGTSTP)
        self._must_signal_resume = True
        self.resume_application_mode()

    def _sigtstp_application(self, *_arguments: object) -> None:
        if self._draws:
            self.suspend()

    def _sigcont_application(self, *_arguments: object) -> None:
        """Take the terminal again after a SIGSTOP from outside, which gave no time to give it back."""
        if not self._draws:
            return
        self.suspend_application_mode()
        self._must_signal_resume = True
        self.resume_application_mode()

    def _in_foreground(self) -> bool:
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:  # no terminal any more: the thread that reads ends the client
            return True
