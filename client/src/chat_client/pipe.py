"""The face for pipes and scripts: a line in is a message, a line out is a message or a notice."""

import os
import queue
import sys
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from chat_client import commands, display
from chat_client.events import Delayed, Ended, Event, Joined, MessageReceived, NameRefused, NotSent, SearchListed
from chat_client.language import _
from chat_client.leaving import Leave
from chat_client.refusals import explained
from chat_client.session import Session
from chat_client.settings import ClientSettings
from chat_wire.errors import InvalidName, InvalidText

LINES_AHEAD = 1000
SHOWN_CHARACTERS = 60
COULD_NOT_JOIN = 2


@dataclass(frozen=True, slots=True)
class Typed:
    """A line of input; None is the end of it."""

    line: str | None


class Pipe:
    """Reads standard input, and prints until everything sent has come back."""

    def __init__(self, settings: ClientSettings, secret: str) -> None:
        self._happened: queue.SimpleQueue[Event | Typed] = queue.SimpleQueue()
        self._session = Session(settings.amqp_url, secret, self._happened.put)
        self._ahead = threading.Semaphore(LINES_AHEAD)  # lines read whose posts have not come back
        self._name = settings.name
        self._joined = False
        self._searching = False
        self._backlog: deque[Typed] = deque()
        self._left = False  # what comes after /exit is not read
        self._told_delay = False
        self._status = 0

    def run(self) -> None:
        """Run to the end, which is an exception: Leave, KeyboardInterrupt, or OSError of the output."""
        self._session.start()
        threading.Thread(target=self._read, name="input", daemon=True).start()
        if self._name is not None:
            self._join(self._name)
        while True:
            happened = self._happened.get()
            if not isinstance(happened, Typed):
                self._show(happened)
            elif self._name is None:
                self._take_name(happened)
            else:
                self._backlog.append(happened)
                self._take_backlog()

    def close(self, status: int) -> int:
        """Close the session and name what had not come back; returns the exit status."""
        self._session.close()
        while not self._happened.empty():
            happened = self._happened.get()
            if isinstance(happened, NotSent):
                self._not_sent(happened.text, happened.reason)
            elif isinstance(happened, Typed):
                self._backlog.append(happened)
        if self._name is not None and status != COULD_NOT_JOIN:
            self._name_backlog()
        return status or self._status

    def _name_backlog(self) -> None:
        """Name the messages that were read and not posted: before joining, or behind a search."""
        for typed in self._backlog:
            match commands.parse(typed.line or ""):
                case commands.Text(text):
                    self._not_sent(text, _("the client left before it was sent"))
                case commands.Asked(commands.EXIT):
                    return

    def _read(self) -> None:
        descriptor = sys.stdin.fileno()
        try:
            os.set_blocking(descriptor, True)  # whoever had it before may have left it otherwise
            for line in _lines_of(descriptor):
                self._ahead.acquire()
                self._happened.put(Typed(line))
        except OSError as error:
            self._status = 1
            _complain(_("the input cannot be read: {why}").format(why=error.strerror))
        finally:
            self._happened.put(Typed(None))

    def _take_name(self, typed: Typed) -> None:
        if typed.line is None:
            _complain(_("no name: give one with --name, or as the first line of input"))
            raise Leave(COULD_NOT_JOIN)
        if typed.line.strip():
            self._name = typed.line.strip()
            self._join(self._name)
        self._ahead.release()

    def _join(self, name: str) -> None:
        try:
            self._session.join(name)
        except InvalidName as error:
            self._show(NameRefused(text=explained(error)))

    def _take_backlog(self) -> None:
        """Take the lines read. What follows a search waits for its answer, as the next one would take its place."""
        while self._backlog and self._joined and not self._searching:
            self._take(self._backlog.popleft())

    def _take(self, typed: Typed) -> None:
        if typed.line is None:
            self._session.exit()
            return
        if self._left:
            return
        match commands.parse(typed.line):
            case commands.Text(text):
                self._post(text)
                return
            case commands.Mistake(hint):
                self._not_sent(typed.line, hint)
            case commands.Asked() as asked:
                self._carry_out(asked)
        self._ahead.release()

    def _carry_out(self, asked: commands.Asked) -> None:
        match asked.command:
            case commands.USERS:
                self._session.users()
            case commands.MY_MESSAGES:
                self._session.my_messages()
            case commands.SEARCH:
                self._searching = True
                self._session.search(asked.argument)
            case commands.EXIT:
                self._left = True
                self._session.exit()
            case commands.HELP:
                _print([display.notice(line) for line in commands.help_lines()])
            case commands.BELL:
                _print([display.notice(_(commands.NO_BELL_HERE))])

    def _post(self, text: str) -> None:
        try:
            self._session.post(text)
        except InvalidText as error:
            self._not_sent(text, explained(error))
            self._ahead.release()

    def _show(self, event: Event) -> None:
        _print(display.lines(event))
        match event:
            case Joined():
                self._joined = True
                self._take_backlog()
            case SearchListed():
                self._searching = False
                self._take_backlog()
            case MessageReceived(sequence=int()):
                self._ahead.release()
            case NotSent():
                self._not_sent(event.text, event.reason)
                self._ahead.release()
            case Delayed() if not self._told_delay:
                self._told_delay = True
                _print([display.notice(_("messages have not come back yet: waiting for them"))])
            case NameRefused():
                _complain(event.text)
                raise Leave(COULD_NOT_JOIN)
            case Ended():
                self._end(event)

    def _end(self, event: Ended) -> None:
        if not event.freed:
            _complain(event.text)
            self._status = 1
        raise Leave(self._status)

    def _not_sent(self, text: str, reason: str) -> None:
        shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
        _complain(_("not sent: {text} ({reason})").format(text=shown, reason=reason))
        self._status = 1


def _lines_of(descriptor: int) -> Iterator[str]:
    """The lines of a file descriptor. Not by sys.stdin, whose lock must not be held when the process ends."""
    rest = b""
    while chunk := os.read(descriptor, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (_text(line) for line in lines)
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode(errors="replace")


def _print(lines: list[str]) -> None:
    for line in lines:
        print(line, flush=True)


def _complain(text: str) -> None:
    print(f"chat: {display.safe(text)}", file=sys.stderr, flush=True)
