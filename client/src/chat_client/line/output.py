"""The output of the line client: events and notices on stdout, complaints on stderr.

A person at a terminal sees each notice and each complaint there, even if one of the two is redirected.
"""

import os
import sys

from chat_client import display
from chat_client.events import Delayed, Event
from chat_client.language import _
from chat_client.line.hanging import hanging
from chat_client.texts import not_sent

SHOWN_CHARACTERS = 60


class Output:
    """Prints events and notices as lines on stdout, and complaints as lines on stderr.

    Attributes:
        status: The exit status: 1 once there was a complaint.
    """

    def __init__(self, *, at_terminal: bool) -> None:
        """Start without complaints.

        Args:
            at_terminal: Whether a person types the input.
        """
        self._at_terminal = at_terminal
        self._told_delay = False
        self.status = 0

    def show(self, event: Event) -> None:
        """Print the lines of an event, if it has some. Nobody else can write a line that begins as a message does."""
        lines = display.lines(event)
        if sys.stdout.isatty():
            columns = os.get_terminal_size(sys.stdout.fileno()).columns
            lines = [hanging(line, columns) if line.startswith("[") else line for line in lines]
        _print(lines)

    def notice(self, *texts: str) -> None:
        """Print lines that are not messages."""
        lines = [display.notice(text) for text in texts]
        if self._at_terminal and sys.stderr.isatty():
            print_at_terminal("".join(f"{line}\n" for line in lines))
        else:
            _print(lines)

    def complain(self, text: str) -> None:
        """Print an error."""
        print(f"chat: {display.safe(text)}", file=sys.stderr, flush=True)
        if self._at_terminal and sys.stdout.isatty() and not sys.stderr.isatty():
            self.notice(text)
        self.status = 1

    def not_sent(self, text: str, reason: str) -> None:
        """Print that a message is not in the room."""
        shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
        self.complain(not_sent(shown, reason))

    def reject(self, line: str, reason: str) -> None:
        """Print why a line is not carried out. For a script it counts as a message that is not sent."""
        if self._at_terminal:
            self.notice(reason)
        else:
            self.not_sent(line, reason)

    def delay(self, event: Delayed) -> None:
        """Print that a message is late: each one for a person, once for a script."""
        if self._at_terminal:
            self.notice(_("not delivered yet: {text}").format(text=event.text))
        elif not self._told_delay:
            self._told_delay = True
            self.notice(_("some messages are not delivered yet: waiting for them"))


def ask_name() -> None:
    """Print the question for the name at the terminal."""
    print_at_terminal(_("name: "))


def print_at_terminal(text: str) -> None:
    """Print a text, without a line end, where the person sees it even if the output is redirected."""
    print(text, end="", file=sys.stdout if sys.stdout.isatty() else sys.stderr, flush=True)


def _print(lines: list[str]) -> None:
    for line in lines:
        print(line, flush=True)
