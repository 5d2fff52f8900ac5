"""The line client: a line in is a message or a command, a line out is a message or a notice.

It writes no escape codes and redraws nothing, so that it suits scripts, screen readers and slow lines. At a terminal
the kernel edits the line being typed (decision 21).
"""

import queue
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from types import FrameType
from typing import assert_never

from chat_client import commands, events
from chat_client.events import Event
from chat_client.ignoring import Ignoring
from chat_client.language import _
from chat_client.leaving import INTERRUPTED, Leave
from chat_client.line.input import TERMINAL_BYTES, Input, may_be_cut
from chat_client.line.output import Output, ask_name, print_at_terminal
from chat_client.line.remaining_lines import unsent_texts
from chat_client.opening import OpenSession
from chat_client.preferences_file import PreferenceStore, set_by_command
from chat_client.texts import explained
from chat_wire.errors import InvalidName

COULD_NOT_JOIN = 2
PATIENCE_SECONDS = 2.0
SIGNAL_SECONDS = 0.5  # a signal that arrives just before the main thread blocks does not end the wait (signal(2))


@dataclass(frozen=True, slots=True)
class LineArrived:
    """A line of input, or its end, is in `Input.lines`."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A person pressed Ctrl+C at a terminal."""


class LineClient:
    """Reads standard input, and prints until all posts have come back. Implements `commands.Frontend`."""

    def __init__(
        self,
        name: str | None,
        open_session: OpenSession,
        preferences: PreferenceStore,
        *,
        at_terminal: bool,
        text_only: bool = False,
    ) -> None:
        """Make the session, without connecting.

        Args:
            name: The name to join with; None if the input has it.
            open_session: Makes the session.
            preferences: The preferences of the person.
            at_terminal: Whether a person types the input. A person may choose another name after a refused one, and
                Ctrl+C explains itself first.
            text_only: Whether every line is a message, also one that begins with a slash.
        """
        self._happened: queue.SimpleQueue[Event | LineArrived | Interrupted] = queue.SimpleQueue()
        self._session = open_session(self._happened.put)
        self._output = Output(at_terminal=at_terminal)
        self._input = Input(lambda: self._happened.put(LineArrived()), self._output.complain)
        self._preferences = preferences
        self._ignoring = Ignoring(preferences)
        self._name = name or (preferences.current.name if at_terminal else "") or None
        self._at_terminal = at_terminal
        self._carry_out = commands.enter_text if text_only else commands.enter
        self._asks_again = at_terminal and name is None
        self._posted = 0
        self._joined = self._searching = False
        self._left = False  # input after /exit is not read
        self._patience: float | None = None
        self._interrupted = self._warned = False

    def run(self) -> None:
        """Run until an exception ends the client: Leave, or OSError of the output."""
        self._session.start()
        self._input.start()
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
                self._output.not_sent(happened.text, happened.reason)
        if self._name is not None and status != COULD_NOT_JOIN:
            lines = (line for line in tuple(self._input.lines) if line is not None)
            for text in unsent_texts(lines, self._carry_out):
                self._output.not_sent(text, _("the client left before the message was sent"))
        return status or self._output.status

    def _next(self) -> Event | LineArrived | Interrupted:
        """Wait for what happens next, in short waits: Python runs signal handlers between them at the latest."""
        until = None if self._patience is None else time.monotonic() + self._patience
        while True:
            with suppress(queue.Empty):
                return self._happened.get(timeout=SIGNAL_SECONDS)
            if until is not None and time.monotonic() >= until:
                until = self._patience = None
                self._output.notice(
                    _("leaving once your messages are delivered; Ctrl+C leaves at once and keeps your name")
                )

    def _handle(self, happened: Event | LineArrived | Interrupted) -> None:
        match happened:
            case LineArrived():
                self._warned = False
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
        self._output.notice(_("/exit leaves and frees your name; Ctrl+C again leaves and keeps it"))

    # The name.

    def _choose_name(self, line: str | None) -> None:
        if line is None:
            self._leave_without_name()
            return
        self._input.done()
        if line.strip():
            self._join(line.strip())
        elif self._at_terminal:
            ask_name()

    def _leave_without_name(self) -> None:
        if self._at_terminal:
            print_at_terminal("\n")
            raise Leave(0)
        self._output.complain(_("no name: give one with --name, or as the first line of input"))
        raise Leave(COULD_NOT_JOIN)

    def _join(self, name: str) -> None:
        self._name = name
        try:
            self._session.join(name, quiet=not self._at_terminal)
        except InvalidName as error:
            self._refuse_name(explained(error))

    def _refuse_name(self, reason: str) -> None:
        if not self._asks_again:
            self._output.complain(reason)
            raise Leave(COULD_NOT_JOIN)
        self._name = None
        self._output.notice(reason)
        ask_name()

    # The lines typed.

    def _work_off(self) -> None:
        """Carry out the lines read. Lines after a search wait for its answer, as another search would cancel it."""
        while self._input.lines and (self._name is None or (self._joined and not self._searching)):
            line = self._input.lines.popleft()
            if self._name is None:
                self._choose_name(line)
            else:
                self._enter(line)

    def _enter(self, line: str | None) -> None:
        if line is None:
            self.leave_chat()
            return
        if self._left:
            return
        posted = self._posted
        if self._at_terminal and may_be_cut(line):
            self._refuse_cut_line()
        else:
            self._carry_out(line, self)
        if self._posted == posted:
            self._input.done()

    def _refuse_cut_line(self) -> None:
        text = _("not sent: a terminal cuts a line after {most:,} bytes; split it, or use a pipe or the full screen")
        self._output.notice(text.format(most=TERMINAL_BYTES))

    def post_text(self, text: str) -> None:
        """Post a message. Raises InvalidText."""
        self._session.post(text)
        self._posted += 1

    def reject_line(self, line: str, reason: str, /) -> None:
        """Print why a line is not carried out."""
        self._output.reject(line, reason)

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

    def go_to(self, _when: str, /) -> None:
        """Print that the line client shows messages only as they arrive."""
        self._output.notice(_("/go works in the full-screen client only"))

    def ignore_person(self, name: str, /) -> None:
        """Hide a person's messages from now on."""
        if self._at_terminal:
            self.show_lines(*self._ignoring.ignore(name, self._name or ""))
        else:
            self.reject_line("/ignore", _("/ignore works at a terminal only"))

    def unignore_person(self, name: str, /) -> None:
        """Print a person's messages again from now on."""
        if self._at_terminal:
            self.show_lines(*self._ignoring.unignore(name))
        else:
            self.reject_line("/unignore", _("/unignore works at a terminal only"))

    def set_bell(self, _mode: str, /) -> None:
        """Print that the line client does not ring."""
        self._output.notice(_("/bell works in the full-screen client only"))

    def set_preference(self, argument: str, /) -> None:
        """Change a preference, or print one or all."""
        self.show_lines(*set_by_command(self._preferences, argument))

    def show_help(self) -> None:
        """Print the commands."""
        self.show_lines(*commands.help_lines())

    def show_lines(self, *lines: str) -> None:
        """Print lines."""
        self._output.notice(*lines)

    def leave_chat(self) -> None:
        """Leave, and read no more lines."""
        self._left = True
        self._patience = PATIENCE_SECONDS if self._at_terminal else None
        self._session.exit()

    # The session's events.

    def _show(self, event: Event) -> None:
        self._print(event)
        match event:
            case events.MessageReceived():
                if event.sequence is not None:
                    self._input.done()
            case events.NotSent():
                self._output.not_sent(event.text, event.reason)
                self._input.done()
            case events.Delayed():
                self._output.delay(event)
            case events.Joined():
                self._joined = True
            case events.NameRefused():
                self._refuse_name(event.text)
            case events.SearchListed():
                self._searching = False
            case events.Ended():
                self._end(event)
            # Output.show has printed these.
            case events.Waiting() | events.WaitingOver() | events.ConnectionLost() | events.ConnectedAgain():
                pass
            case events.PresenceChanged() | events.UsersListed() | events.MyMessagesListed() | events.HistoryListed():
                pass
            case events.Remark():
                pass
            case _:
                assert_never(event)

    def _print(self, event: Event) -> None:
        """Print an event without the messages of ignored people, and joins and leaves as a person prefers."""
        if isinstance(event, events.PresenceChanged) and self._at_terminal and not self._preferences.current.joins:
            return
        if isinstance(event, events.SearchListed):
            event = replace(event, messages=tuple(each for each in event.messages if not self._hides(each)))
        if not isinstance(event, events.MessageReceived) or not self._hides(event):
            self._output.show(event)

    def _hides(self, message: events.MessageReceived) -> bool:
        """Return whether a message is hidden from a person at a terminal; a script sees all."""
        ignored = self._at_terminal and self._ignoring.hides(message.user, self._name or "")
        return ignored and message.sequence is None

    def _end(self, event: events.Ended) -> None:
        if not event.freed:
            self._output.complain(event.text)
        elif self._at_terminal:
            self._output.notice(event.text)
        raise Leave(self._output.status)
