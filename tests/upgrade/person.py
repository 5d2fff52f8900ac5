"""A person at the line client, whose history the checker judges."""

import hashlib
from pathlib import Path
from typing import Protocol

import pexpect

from tests.faults.history import HistoryWriter

TAKEN = "in another terminal: this one has left"


class Clients(Protocol):
    """The clients of a chat, of one version."""

    def client(self, person: str) -> "pexpect.spawn[str]":
        """Start the line client of a person at a terminal, without a name."""
        ...

    def secret(self, person: str) -> str:
        """Return the author secret of a person whose client has started once."""
        ...


class Person:
    """A person with one terminal.

    Attributes:
        name: The person's name.
    """

    def __init__(self, clients: Clients, name: str, session: str, histories: Path) -> None:
        """Open the client, and join.

        Args:
            clients: The clients of a chat.
            name: The name, by which the client also finds the person's secret.
            session: The label of the session.
            histories: The directory of the histories.
        """
        self.name = name
        self._session = session
        self._said = 0
        histories.mkdir(parents=True, exist_ok=True)
        self._writer = HistoryWriter(histories / f"{session}.jsonl")
        self._terminal = clients.client(name)
        self._terminal.expect("name: ")
        author = hashlib.sha256(clients.secret(name).encode()).hexdigest()
        self._writer.asked(session, "claim", name, author)
        self._terminal.sendline(name)
        self._terminal.expect(f"you are {name}")

    def say(self, text: str) -> None:
        """Post a text, and wait until it comes back."""
        self._said += 1
        said = f"{self._session} {self._said} {text}"
        self._writer.asked(self._session, "post", said)
        self._terminal.sendline(said)
        self._terminal.expect(f"{self.name}: {said}")
        data = {"user": self.name, "text": said, "sequence": self._said}
        self._writer.answered(self._session, "MessageReceived", data)

    def sees(self, *texts: str) -> None:
        """Wait until the client shows texts, in this order."""
        for text in texts:
            self._terminal.expect_exact(text)

    def asks(self, command: str, *texts: str) -> None:
        """Type a command, and wait until the client shows texts, in this order."""
        self._terminal.sendline(command)
        self.sees(*texts)

    def loses_its_name(self) -> None:
        """Wait until the client ends, as another one of the same person has taken the name over."""
        self._terminal.expect(TAKEN)
        self._terminal.expect(pexpect.EOF)

    def leaves(self) -> None:
        """Leave, and free the name."""
        self._writer.asked(self._session, "exit")
        self._terminal.sendline("/exit")
        self._terminal.expect(pexpect.EOF)
