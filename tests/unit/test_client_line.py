"""The line client at a terminal, over a session that the test plays."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chat_client import events
from chat_client.leaving import INTERRUPTED, Leave
from chat_client.line.client import LineClient
from chat_client.preferences_file import PreferenceStore
from testkit.fake_session import FakeSession
from testkit.wait import until

JOINED = events.Joined(name="ann", room="lobby")
WARNING = "Ctrl+C again leaves and keeps it"

INTERRUPTED_WHILE_PRINTING = """
import signal, sys
from pathlib import Path
from chat_client.events import Ended
from chat_client.leaving import Leave
from chat_client.line.client import LineClient
from chat_client.preferences_file import PreferenceStore
from testkit.fake_session import FakeSession

client = LineClient("ann", FakeSession, PreferenceStore(Path("/dev/null/none")), at_terminal=True)

def interrupt(*frame):
    client.interrupt(*frame)
    Path(sys.argv[1]).touch()

client._session.emit(Ended(text="it is over" + "z" * 1_000_000, freed=True))
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.5)
try:
    client.run()
except Leave as leave:
    sys.exit(leave.status)
"""

SIGNAL_BESIDE_THE_WAIT = """
import os, signal, sys, threading
from pathlib import Path
from chat_client.leaving import Leave
from chat_client.line.client import LineClient
from chat_client.preferences_file import PreferenceStore
from testkit.fake_session import FakeSession

class Client(LineClient):
    def _next(self):
        print("waits", flush=True)
        return super()._next()

client = Client("ann", FakeSession, PreferenceStore(Path("/dev/null/none")), at_terminal=True)
signal.signal(signal.SIGINT, client.interrupt)
threading.Thread(target=threading.Event().wait, daemon=True).start()  # takes the signal: the main thread blocks it
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
try:
    client.run()
except Leave as leave:
    sys.exit(leave.status)
"""


class AtTerminal:
    """A line client that runs in a thread, its session, and what it has printed."""

    def __init__(self, name: str | None, typed: int, shown: io.StringIO) -> None:
        """Start the client.

        Args:
            name: The name to join with; None to be asked for it.
            typed: The descriptor to write the typed lines to.
            shown: Has what is printed.
        """
        self._typed, self._shown = typed, shown
        self._sessions: list[FakeSession] = []
        self.client = LineClient(name, self._open, PreferenceStore(Path(os.devnull, "none")), at_terminal=True)
        self._status: int | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def session(self) -> FakeSession:
        """The session that the client has opened."""
        return self._sessions[0]

    def types(self, text: str) -> None:
        """Type some lines."""
        os.write(self._typed, text.encode())

    def printed(self) -> str:
        """Return all that was printed so far."""
        return self._shown.getvalue()

    def sees(self, text: str) -> None:
        """Wait until a text was printed."""
        until(lambda: text in self.printed(), what=f"{text!r} is printed")

    def interrupts(self) -> None:
        """Press Ctrl+C."""
        self.client.interrupt(signal.SIGINT, None)

    def leaves(self) -> int | None:
        """Wait until the client has left; return its exit status."""
        self._thread.join(10)
        return self._status

    def _open(self, emit: Callable[[events.Event], None]) -> FakeSession:
        self._sessions.append(FakeSession(emit))
        return self._sessions[0]

    def _run(self) -> None:
        try:
            self.client.run()
        except Leave as leave:
            self._status = leave.status


Open = Callable[[str | None], AtTerminal]


def opened(name: str | None, typed: int, monkeypatch: pytest.MonkeyPatch) -> AtTerminal:
    """Open a client. The fixture capsys would lose what a thread prints while the test reads."""
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(sys, "stderr", shown)
    return AtTerminal(name, typed, shown)


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a client whose input is a pipe."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "w"):
        monkeypatch.setattr(sys, "stdin", stdin)
        yield lambda name: opened(name, writing, monkeypatch)
        monkeypatch.undo()


@pytest.fixture
def at_real_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a client whose input is a terminal, which the kernel edits."""
    keyboard, terminal = os.openpty()
    with os.fdopen(terminal) as stdin, os.fdopen(keyboard, "wb", buffering=0):
        monkeypatch.setattr(sys, "stdin", stdin)
        yield lambda name: opened(name, keyboard, monkeypatch)
        monkeypatch.undo()


def joined(at_terminal: Open) -> AtTerminal:
    ann = at_terminal("ann")
    ann.session.emit(JOINED)
    ann.sees("you are ann in lobby")
    return ann


def test_a_refused_name_is_explained_and_asked_for_again(at_terminal: Open) -> None:
    ann = at_terminal(None)
    ann.types("a b\nANN\n")
    until(lambda: ann.session.requests == [("start", None), ("join", "ANN")])
    ann.session.emit(events.NameRefused(text="ANN is taken: choose another name"))
    ann.sees("* ANN is taken: choose another name\n")
    ann.types("\n eve \n")
    until(lambda: ann.session.requests[-1] == ("join", "eve"))

    assert "it has a space in it" in ann.printed()
    assert ann.printed().count("name: ") == 3


def test_a_refused_name_of_the_command_line_is_not_asked_for_again(at_terminal: Open) -> None:
    assert at_terminal("a b").leaves() == 2


def test_lines_typed_before_the_name_is_granted_are_posted_after_it(at_terminal: Open) -> None:
    ann = at_terminal(None)
    ann.types("ann\nhola\n")
    until(lambda: ("join", "ann") in ann.session.requests)
    assert ("post", "hola") not in ann.session.requests

    ann.session.emit(JOINED)

    until(lambda: ("post", "hola") in ann.session.requests)


def test_ctrl_c_warns_first_and_leaves_at_the_second(at_terminal: Open) -> None:
    ann = joined(at_terminal)
    ann.interrupts()
    ann.sees(WARNING)
    ann.interrupts()

    assert ann.leaves() == INTERRUPTED


def test_ctrl_c_warns_again_after_a_line_was_typed(at_terminal: Open) -> None:
    ann = joined(at_terminal)
    ann.interrupts()
    ann.sees(WARNING)
    ann.types("hola\n")
    until(lambda: ("post", "hola") in ann.session.requests)
    ann.interrupts()

    until(lambda: ann.printed().count(WARNING) == 2)


def test_ctrl_c_before_joining_leaves(at_terminal: Open) -> None:
    ann = at_terminal(None)
    ann.interrupts()

    assert ann.leaves() == INTERRUPTED


def test_leaving_waits_in_order_and_says_so_and_ctrl_c_leaves_at_once(at_terminal: Open) -> None:
    ann = joined(at_terminal)
    ann.types("/exit\n")
    until(lambda: ann.session.requests[-1] == ("exit", None))
    ann.sees("leaving once your messages are delivered")
    ann.interrupts()

    assert ann.leaves() == INTERRUPTED


def test_a_session_that_ends_as_asked_is_told_and_ends_with_0(at_terminal: Open) -> None:
    ann = joined(at_terminal)
    ann.session.emit(events.Ended(text="you have left, and the name is free", freed=True))

    assert ann.leaves() == 0
    assert ann.printed().endswith("* you have left, and the name is free\n")


def test_a_mistyped_command_is_explained_and_nothing_is_posted(at_terminal: Open) -> None:
    ann = joined(at_terminal)
    ann.types("/user\n")
    ann.sees("* there is no command /user: did you mean /users?")

    assert not [each for each in ann.session.requests if each[0] == "post"]


@pytest.mark.parametrize("text", ["x" * 4095, "x" * 5000, "ñ" * 2048])
def test_a_line_that_the_terminal_cuts_is_not_sent_and_the_person_is_told(at_real_terminal: Open, text: str) -> None:
    ann = joined(at_real_terminal)
    ann.types(f"{text}\n")
    ann.sees("a terminal cuts a line after 4,095 bytes")
    ann.types(f"{text[:2000]}\n")

    until(lambda: ann.session.requests[-1] == ("post", text[:2000]))
    assert [request for request, _argument in ann.session.requests].count("post") == 1


def test_an_interrupt_while_the_end_is_being_printed_neither_cuts_it_nor_changes_the_status(tmp_path: Path) -> None:
    rung = tmp_path / "rung"
    # Without a buffer Python itself drops the rest of a write that a signal has cut short.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED_WHILE_PRINTING, str(rung)],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    until(rung.exists, 30, "Ctrl+C was pressed while the pipe was full")

    shown, complaints = process.communicate(timeout=30)

    assert (process.returncode, complaints) == (0, b"")
    assert b"it is over" in shown
    assert shown.count(b"z") == 1_000_000


def test_a_signal_that_does_not_end_the_wait_is_not_lost() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SIGNAL_BESIDE_THE_WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "waits\n"
    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=20) == INTERRUPTED
    process.communicate()


def test_an_ignored_person_is_not_printed_until_that_ends(at_terminal: Open) -> None:
    ann = joined(at_terminal)
    ann.types("/ignore Eve\n")
    ann.sees("you do not see what Eve says")
    said = [events.MessageReceived(at=1, user=user, text=f"{user} speaks") for user in ("eve", "bob")]
    for event in said:
        ann.session.emit(event)
    ann.sees("bob: bob speaks")
    ann.types("/search speaks\n")
    until(lambda: ("search", "speaks") in ann.session.requests)
    ann.session.emit(events.SearchListed(words="speaks", messages=tuple(said), more=False))
    ann.sees("1 message with")
    assert "eve speaks" not in ann.printed()

    ann.types("/unignore eve\n")
    ann.sees("you see again what eve says")
    ann.session.emit(said[0])

    ann.sees("eve: eve speaks")
