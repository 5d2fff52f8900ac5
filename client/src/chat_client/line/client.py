"""The line client: a line in is a message or a command, a line out is a message or a notice.

It writes no escape codes and redraws nothing, so that it suits scripts, screen readers and slow lines. At a terminal
the kernel edits the line being typed.
"""

import queue
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import assert_never

from chat_client import commands, display, events
from chat_client.events import Event
from chat_client.language import _
from chat_client.leaving import INTERRUPTED, Leave
from chat_client.line.reading import ask_name, lines_of, print_at_terminal
from chat_client.line.unsent import unsent_texts
from chat_client.opening import OpenSession
from chat_client.texts import explained, not_sent
from chat_wire.errors import InvalidName

LINES_AHEAD = 1000
SHOWN_CHARACTERS = 60
COULD_NOT_JOIN = 2
PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Typed:
    """A line of input; None is its end."""

    line: str | None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Ctrl-C at a terminal."""


class LineClient:
    """Reads standard input, and prints until everything sent has come back."""

    def __init__(self, name: str | None, open_session: OpenSession, *, at_terminal: bool) -> None:
        """Make the session, without connecting.

        Args:
            name: The name to join with; None if the input has it.
            open_session: Makes the session.
            at_terminal: Whether a person types the input. A person may choose another name after a refused one, and
                has Ctrl-C explained.
        """
        self._happened: queue.SimpleQueue[Event | Typed | Interrupted] = queue.SimpleQueue()
        self._session = open_session(self._happened.put)
        self._ahead = threading.Semaphore(LINES_AHEAD)  # lines read whose posts have not come back
        self._name = name
        self._at_terminal = at_terminal
        self._asks_again = at_terminal and name is None
        self._posted = 0
        self._joined = False
        self._searching = False
        self._backlog: deque[Typed] = deque()
        self._left = False  # input after /exit is not read
        self._patience: float | None = None
        self._interrupted = self._warned = False
        self._told_delay = False
        self._status = 0

    def run(self) -> None:
        """Run until an exception ends the client: Leave, or OSError of the output."""
        self._session.start()
        threading.Thread(target=self._read, name="input", daemon=True).start()
        if self._name is not None:
            self._join(self._name)
        while True:
            self._handle(self._next())

    def interrupt(self, _signum: int, _frame: FrameType | None) -> None:
        """Handle SIGINT at a terminal: in turn, or at once if the one before still waits for its turn."""
        if self._interrupted:
            raise Leave(INTERRUPTED)
        self._interrupted = True
        self._happened.put(Interrupted())

    def close(self, status: int) -> int:
        """Close the session and name the messages that were not sent; return the exit status."""
        self._session.close()
        while not self._happened.empty():
            happened = self._happened.get()
            if isinstance(happened, events.NotSent):
                self._not_sent(happened.text, happened.reason)
            elif isinstance(happened, Typed):
                self._backlog.append(happened)
        if self._name is not None and status != COULD_NOT_JOIN:
            for text in unsent_texts(typed.line for typed in self._backlog if typed.line is not None):
                self._not_sent(text, _("the client left before it was sent"))
        return status or self._status

    def _read(self) -> None:
        try:
            for line in lines_of(sys.stdin.fileno()):
                self._ahead.acquire()
                self._happened.put(Typed(line))
        except OSError as error:
            self._status = 1
            _complain(_("the input cannot be read: {why}").format(why=error.strerror))
        finally:
            self._happened.put(Typed(None))

    def _next(self) -> Event | Typed | Interrupted:
        with suppress(queue.Empty):
            return self._happened.get(timeout=self._patience)
        self._patience = None
        _notice(_("waiting to leave in order; Ctrl-C leaves at once and keeps your name"))
        return self._happened.get()

    def _handle(self, happened: Event | Typed | Interrupted) -> None:
        match happened:
            case Typed():
                self._warned = False
                self._backlog.append(happened)
            case Interrupted():
                self._warn()
            case _:
                self._show(happened)
        self._work_off()

    def _warn(self) -> None:
        self._interrupted = False
        print_at_terminal("\n")
        if self._warned or self._left or not self._joined:
            raise Leave(INTERRUPTED)
        self._warned = True
        _notice(_("/exit leaves and frees your name; Ctrl-C again leaves and keeps it"))

    def _work_off(self) -> None:
        """Carry out the lines read. Those after a search wait for its answer, as the next one would replace it."""
        while self._backlog and (self._name is None or (self._joined and not self._searching)):
            typed = self._backlog.popleft()
            if self._name is None:
                self._choose_name(typed)
            else:
                self._enter(typed)

    def _choose_name(self, typed: Typed) -> None:
        if typed.line is None and self._at_terminal:
            print_at_terminal("\n")
            raise Leave(0)
        if typed.line is None:
            _complain(_("no name: give one with --name, or as the first line of input"))
            raise Leave(COULD_NOT_JOIN)
        self._ahead.release()
        if typed.line.strip():
            self._join(typed.line.strip())
        elif self._at_terminal:
            ask_name()

    def _join(self, name: str) -> None:
        self._name = name
        try:
            self._session.join(name)
        except InvalidName as error:
            self._refuse_name(explained(error))

    def _refuse_name(self, reason: str) -> None:
        if not self._asks_again:
            _complain(reason)
            raise Leave(COULD_NOT_JOIN)
        self._name = None
        _notice(reason)
        ask_name()

    def _enter(self, typed: Typed) -> None:
        if typed.line is None:
            self.leave_chat()
            return
        if self._left:
            return
        posted = self._posted
        commands.enter(typed.line, self)
        if self._posted == posted:
            self._ahead.release()

    # The operations of commands.Frontend.

    def post_text(self, text: str) -> None:
        """Post a message."""
        self._session.post(text)
        self._posted += 1

    def reject_line(self, line: str, reason: str, /) -> None:
        """Show why a line is not carried out; a script has the line named, a person has just typed it."""
        if self._at_terminal:
            _notice(reason)
        else:
            self._not_sent(line, reason)

    def list_members(self) -> None:
        """Ask for the members."""
        self._session.users()

    def list_my_messages(self) -> None:
        """Ask for the person's own messages."""
        self._session.my_messages()

    def search_messages(self, words: str) -> None:
        """Search, and hold the lines that follow until the answer has come."""
        self._searching = True
        self._session.search(words)

    def set_bell(self, _mode: str, /) -> None:
        """Say that there is no bell."""
        _notice(_("/bell works in the full-screen client only"))

    def show_help(self) -> None:
        """Print the commands."""
        _print([display.notice(line) for line in commands.help_lines()])

    def leave_chat(self) -> None:
        """Leave, and read no more lines."""
        self._left = True
        self._patience = PATIENCE_SECONDS if self._at_terminal else None
        self._session.exit()

    # What the session tells.

    def _show(self, event: Event) -> None:
        _print(display.lines(event))
        match event:
            case events.MessageReceived():
                if event.sequence is not None:
                    self._ahead.release()
            case events.NotSent():
                self._not_sent(event.text, event.reason)
                self._ahead.release()
            case events.Delayed():
                self._tell_delay(event)
            case events.Joined():
                self._joined = True
            case events.NameRefused():
                self._refuse_name(event.text)
            case events.SearchListed():
                self._searching = False
            case events.Ended():
                self._end(event)
            case (
                events.Waiting()
                | events.WaitingOver()
                | events.ConnectionLost()
                | events.ConnectedAgain()
                | events.PresenceChanged()
                | events.UsersListed()
                | events.MineListed()
                | events.OlderListed()
                | events.Remark()
            ):
                pass  # display.lines has all there is to show
            case _:
                assert_never(event)

    def _tell_delay(self, event: events.Delayed) -> None:
        if self._at_terminal:
            _notice(_("not delivered yet: {text}").format(text=event.text))
        elif not self._told_delay:
            self._told_delay = True
            _notice(_("some messages are not delivered yet: waiting for them"))

    def _end(self, event: events.Ended) -> None:
        if not event.freed:
            _complain(event.text)
            self._status = 1
        elif self._at_terminal:
            _notice(event.text)
        raise Leave(self._status)

    def _not_sent(self, text: str, reason: str) -> None:
        shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
        _complain(not_sent(shown, reason))
        self._status = 1


def _notice(text: str) -> None:
    _print([display.notice(text)])


def _print(lines: list[str]) -> None:
    for line in lines:
        print(line, flush=True)


def _complain(text: str) -> None:
    print(f"chat: {display.safe(text)}", file=sys.stderr, flush=True)
