"""What clients asked and what they were told, written down as it happens, and read after the run.

A history is a directory of files, one for each process that records, of one JSON object a line. A line is
written before what was asked is done, and before what was told is used: whoever is killed has said what it was
about. Times are of CLOCK_MONOTONIC, in nanoseconds: all processes of a machine share it, and no stepping of the
wall clock touches it.
"""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from chat_client.events import Event
from chat_wire.codec import decode, encode

Verb = Literal["claim", "post", "exit", "close", "users", "mine", "release", "stuck"]

# The text of the last post of a run: who has heard it has heard everything.
LAST = "the end of the run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A session is about to do something. `text` is the name claimed or released, the text posted, or what is stuck.

    `final` says that a question is asked after all faults, when everything has come to rest.
    """

    type: Literal["asked"] = "asked"
    at: int
    session: str
    what: Verb
    text: str = ""
    author: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A session told its face something: the name and the fields of one of chat_client.events.

    For a release, which an operator asks for: `Released` or `NotHeld`, without fields.
    """

    type: Literal["told"] = "told"
    at: int
    session: str
    event: str
    data: Any = field(default_factory=dict)


Line = Asked | Told


class HistoryWriter:
    """Appends to the history of one process; any thread may."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._lock = threading.Lock()  # so that the lines stand in the order of their times

    def asked(self, session: str, what: Verb, text: str = "", author: str = "", *, final: bool = False) -> None:
        """Write down what a session is about to do."""
        with self._lock:
            at = time.monotonic_ns()
            self._write(Asked(at=at, session=session, what=what, text=text, author=author, final=final))

    def told(self, session: str, event: Event) -> None:
        """Write down what a session was told."""
        self.answered(session, type(event).__name__, event)

    def answered(self, session: str, event: str, data: Any = None) -> None:
        """Write down an answer that is no event of a client's session."""
        with self._lock:
            self._write(Told(at=time.monotonic_ns(), session=session, event=event, data=data or {}))

    def _write(self, line: Line) -> None:
        body = encode(line) + b"\n"
        if os.write(self._file, body) != len(body):
            raise OSError("a line of the history was written in part: the disk is full")


def read_lines(directory: Path) -> Iterator[Line]:
    """All lines of a history. Those of one session are in one file, and come in the order of their times."""
    for path in sorted(directory.glob("*.jsonl")):
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):  # else whoever wrote it was killed meanwhile
                    found: Any = decode(line, Asked, Told)
                    yield found
