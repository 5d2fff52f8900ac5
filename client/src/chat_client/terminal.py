"""The face for a person at a terminal: lines come in above the line being typed.

Readline edits that line. While it waits for keys, a thread rings by a signal when something is to be
shown, and the handler, which runs between two keys, prints it: readline is never touched by two threads.
"""

import math
import os
import queue
import readline
import shutil
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import FrameType

from chat_client import commands, display
from chat_client.events import Delayed, Ended, Event, Joined, NameRefused, NotSent
from chat_client.language import _
from chat_client.leaving import INTERRUPTED, Leave
from chat_client.refusals import explained
from chat_client.session import Session
from chat_client.settings import ClientSettings
from chat_wire.errors import InvalidName, InvalidText

PROMPT = "> "
RING = signal.SIGUSR1
RING_AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 2.0


class Terminal:
    """Asks for a name, then shows the room and takes what is typed."""

    def __init__(self, settings: ClientSettings, secret: str) -> None:
        self._name = settings.name
        self._arrived: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._to_show: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._session = Session(settings.amqp_url, secret, self._arrived.put)
        self._shown = threading.Event()
        self._showing = False
        self._prompt: str | None = None  # while input is being read
        self._warned = False

    def run(self) -> None:
        """Run to the end, which is an exception: Leave or KeyboardInterrupt."""
        signal.signal(RING, self._on_ring)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started this may have ignored it
        threading.Thread(target=self._ring, args=(threading.get_ident(),), name="bell", daemon=True).start()
        self._session.start()
        self._join()
        self._talk()

    def close(self, status: int) -> int:
        """Close the session and name what had not come back; returns the exit status."""
        self._session.close()
        last = Ended(text="", freed=False)
        self._arrived.put(last)  # the bell's thread hands it over behind all that was told
        with suppress(queue.Empty):  # it was interrupted before there was such a thread
            while (event := self._to_show.get(timeout=PATIENCE_SECONDS)) is not last:
                if isinstance(event, NotSent):
                    print(f"chat: {display.safe(_not_sent(event))}", file=sys.stderr)
        return status

    def _join(self) -> None:
        name = self._name
        while True:
            answer = self._claim(name if name is not None else self._ask_name())
            if isinstance(answer, Joined):
                return
            if name is not None:
                print(f"chat: {display.safe(answer.text)}", file=sys.stderr)
                raise Leave(2)
            print(display.notice(answer.text))

    def _claim(self, name: str) -> Joined | NameRefused:
        try:
            self._session.join(name)
        except InvalidName as error:
            return NameRefused(text=explained(error))
        while True:
            event = self._to_show.get()
            self._print([event])
            if isinstance(event, Joined | NameRefused):
                return event

    def _ask_name(self) -> str:
        try:
            name = self._read(_("name: ")).strip()
        except EOFError:
            print("\r\x1b[J", end="")
            raise Leave(0) from None
        readline.clear_history()
        return name

    def _talk(self) -> None:
        while True:
            try:
                self._take(self._read(PROMPT))
                self._warned = False
            except EOFError:
                print("\r\x1b[J", end="")
                self._leave()
            except KeyboardInterrupt:
                self._warn()

    def _take(self, line: str) -> None:
        match commands.parse(line):
            case commands.Text(text):
                self._post(text, line)
            case commands.Mistake(hint):
                print(display.notice(hint))
            case commands.Asked() as asked:
                self._carry_out(asked)
            case None:
                _erase(PROMPT + line)

    def _carry_out(self, asked: commands.Asked) -> None:
        match asked.command:
            case commands.USERS:
                self._session.users()
            case commands.MY_MESSAGES:
                self._session.my_messages()
            case commands.SEARCH:
                self._session.search(asked.argument)
            case commands.HELP:
                print(*[display.notice(each) for each in commands.help_lines()], sep="\n")
            case commands.BELL:
                print(display.notice(_(commands.NO_BELL_HERE)))
            case commands.EXIT:
                self._leave()

    def _post(self, text: str, line: str) -> None:
        """Send what was typed; it is taken off the screen, as it comes back with its time."""
        try:
            self._session.post(text)
        except InvalidText as error:
            print(display.notice(explained(error)))
        else:
            _erase(PROMPT + line)

    def _leave(self) -> None:
        """Leave, when everything sent has come back; at once if that is interrupted."""
        self._session.exit()
        try:
            self._show_the_rest()
        except KeyboardInterrupt:
            raise Leave(INTERRUPTED) from None

    def _show_the_rest(self) -> None:
        patience: float | None = PATIENCE_SECONDS
        while True:
            try:
                self._print([self._to_show.get(timeout=patience)])
            except queue.Empty:
                patience = None
                print(display.notice(_("waiting to leave in order; Ctrl-C leaves at once and keeps your name")))

    def _warn(self) -> None:
        print()
        if self._warned:
            raise Leave(INTERRUPTED)
        self._warned = True
        print(display.notice(_("/exit leaves and frees your name; Ctrl-C again leaves and keeps it")))

    def _read(self, prompt: str) -> str:
        self._print(_waiting(self._to_show))
        self._prompt = prompt
        try:
            return input(prompt).encode(errors="surrogateescape").decode(errors="replace")
        finally:
            self._prompt = None

    def _ring(self, main_thread: int) -> None:
        """Hand events over to the main thread, and wake it if it reads.

        Again, if it was not heard: a signal that comes while a key is handled is seen only with the next one.
        """
        while True:
            self._shown.clear()
            self._to_show.put(self._arrived.get())
            for event in _waiting(self._arrived):  # a flood is shown in few goes
                self._to_show.put(event)
            while not self._to_show.empty():
                if self._prompt is not None:
                    signal.pthread_kill(main_thread, RING)
                self._shown.wait(RING_AGAIN_SECONDS)

    def _on_ring(self, _signum: int, _frame: FrameType | None) -> None:
        """Show what has arrived; if it rings while that is being shown, that has to wait for its turn."""
        if self._prompt is None or self._showing:
            return
        self._showing = True
        try:
            self._show_above(self._prompt)
        finally:
            self._shown.set()  # first: it takes a lock, which a bell that rings in between must not want again
            self._showing = False

    def _show_above(self, prompt: str) -> None:
        events = list(_waiting(self._to_show))
        shown = [line for event in events for line in _lines(event)]
        try:
            if shown:
                typed = readline.get_line_buffer().split("\n")  # lines that were pasted
                _print_above(shown, prompt + "\n".join(map(display.safe, typed)))
        finally:  # whatever interrupts it
            for event in events:
                _end(event)

    def _print(self, events: Iterable[Event]) -> None:
        for event in events:
            try:
                for line in _lines(event):
                    print(line, flush=True)
            finally:  # whatever interrupts it
                _end(event)


def _waiting(events: "queue.SimpleQueue[Event]") -> Iterator[Event]:
    """All that is in a queue, each taken when it is asked for: what interrupts loses none but that one."""
    with suppress(queue.Empty):
        while True:
            yield events.get_nowait()


def _lines(event: Event) -> list[str]:
    match event:
        case Delayed():
            return [display.notice(_("not delivered yet: {text}").format(text=event.text))]
        case NotSent():
            return [display.notice(_not_sent(event))]
        case Ended():
            return [display.notice(event.text)]
    return display.lines(event)


def _not_sent(event: NotSent) -> str:
    return _("not sent: {text} ({reason})").format(text=event.text, reason=event.reason)


def _end(event: Event) -> None:
    """Raise Leave if the session is over, with the line being typed taken off the screen."""
    if isinstance(event, Ended):
        _write("\r\x1b[J")
        raise Leave(0 if event.freed else 1)


def _rows(text: str) -> int:
    """How many rows of the terminal a text takes, the cursor behind it included."""
    columns = shutil.get_terminal_size().columns
    return sum(display.width(part) // columns + 1 for part in text.split("\n"))


def _erase(typed: str) -> None:
    """Take a line off the screen that was just entered."""
    print(f"\x1b[{_rows(typed)}A\r\x1b[J", end="", flush=True)


def _print_above(lines: list[str], typed: str) -> None:
    """Print lines where the line being typed is, and that again below.

    The cursor ends where readline believes it to be: in the column where it was, as many rows further
    down as were printed, or in the last one.
    """
    up = "" if _rows(typed) == 1 else f"\x1b[{_rows(typed) - 1}A"
    columns = shutil.get_terminal_size().columns
    down = sum(max(1, math.ceil(display.width(line) / columns)) for line in lines)
    _write("\x1b7" + up + "\r\x1b[J" + "\n".join(lines) + "\n" + typed + f"\x1b8\x1b[{down}B")


def _write(text: str) -> None:
    """Write past sys.stdout: the bell may ring while that is being flushed, and must not enter it again."""
    waiting = text.encode(sys.stdout.encoding, errors="backslashreplace")
    while waiting:
        waiting = waiting[os.write(sys.stdout.fileno(), waiting) :]
