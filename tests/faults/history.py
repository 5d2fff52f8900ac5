"""The history of a run: every request and event of each client, recorded as it happens and read after the run.

A history is a directory with one file for each recording process. Each line is a JSON object. A process writes a line
before it sends the request or uses the event, so a killed process has recorded everything that it did. Times are
nanoseconds of CLOCK_MONOTONIC: all processes of a machine share this clock, and a step of the wall clock does not
change it.
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

Verb = Literal["claim", "post", "exit", "close", "users", "mine", "page", "search", "release", "stuck"]

# The text of the last post of a run: a member who has received it has received everything.
LAST = "the end of the run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A session is about to do something.

    Attributes:
        at: The time, in nanoseconds.
        session: The label of the session.
        verb: The action.
        text: The claimed or released name, the posted text, the place `OFFSET/INDEX` after a page, the name whose
            messages a search asks for, or a description of what is stuck.
        author: The author, for a claim.
        final: Whether this is a question after all faults, when everything has come to rest.
    """

    type: Literal["asked"] = "asked"
    at: int
    session: str
    verb: Verb
    text: str = ""
    author: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A session sent an event to its frontend.

    Attributes:
        at: The time, in nanoseconds.
        session: The label of the session.
        event: The name of a class of chat_client.events; for a release by an operator, `Released` or `NotHeld`.
        data: The fields of the event.
    """

    type: Literal["told"] = "told"
    at: int
    session: str
    event: str
    data: Any = field(default_factory=dict)


Line = Asked | Told


class HistoryWriter:
    """Appends to the history of one process, from any thread."""

    def __init__(self, path: Path) -> None:
        """Open the file of the history, or create it."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._lock = threading.Lock()  # keeps the lines in the order of their times

    def asked(self, session: str, verb: Verb, text: str = "", author: str = "", *, final: bool = False) -> None:
        """Record what a session is about to do."""
        with self._lock:
            at = time.monotonic_ns()
            self._write(Asked(at=at, session=session, verb=verb, text=text, author=author, final=final))

    def told(self, session: str, event: Event) -> None:
        """Record an event of a session."""
        self.answered(session, type(event).__name__, event)

    def answered(self, session: str, event: str, data: Any = None) -> None:
        """Record an answer by its name and fields."""
        with self._lock:
            self._write(Told(at=time.monotonic_ns(), session=session, event=event, data=data or {}))

    def _write(self, line: Line) -> None:
        body = encode(line) + b"\n"
        if os.write(self._file, body) != len(body):
            raise OSError("the disk is full, and a line of the history is incomplete: free some space and run again")


def read_lines(directory: Path) -> Iterator[Line]:
    """Yield all lines of a history; those of a session are in one file, in the order of their times."""
    for path in sorted(directory.glob("*.jsonl")):
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):  # the kill of a process may leave an incomplete line
                    found: Any = decode(line, Asked, Told)
                    yield found
