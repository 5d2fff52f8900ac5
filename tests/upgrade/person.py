"""A person who chats in a client container of the version before, and whose history the checker judges."""

import hashlib
from pathlib import Path

import pexpect

from tests.faults.history import HistoryWriter
from tests.upgrade.contained import ContainedChat


class Person:
    """A person at the line client.

    Attributes:
        name: The person's name, which is also the label of the session.
        container: The ID of the container.
    """

    def __init__(self, chat: ContainedChat, container: str, name: str, histories: Path) -> None:
        """Open the client in a container, and join.

        Args:
            chat: The running chat.
            container: The ID of the container.
            name: The name.
            histories: The directory of the histories.
        """
        self.name = name
        self.container = container
        self._said = 0
        histories.mkdir(parents=True, exist_ok=True)
        self._writer = HistoryWriter(histories / f"{name}.jsonl")
        self._terminal = chat.terminal("exec", "--interactive", "--tty", container, "chat", "--plain")
        self._terminal.expect("name: ")
        secret = chat.docker("exec", container, "find", "/state", "-name", "author-secret", "-exec", "cat", "{}", ";")
        self._writer.asked(name, "claim", name, hashlib.sha256(secret.encode()).hexdigest())
        self._terminal.sendline(name)
        self._terminal.expect(f"you are {name}")

    def say(self, text: str) -> None:
        """Post a text, and wait until it comes back."""
        self._said += 1
        said = f"{self.name} {self._said} {text}"
        self._writer.asked(self.name, "post", said)
        self._terminal.sendline(said)
        self._terminal.expect(f"{self.name}: {said}")
        self._writer.answered(self.name, "MessageReceived", {"user": self.name, "text": said, "sequence": self._said})

    def leave(self) -> None:
        """Leave, and free the name."""
        self._writer.asked(self.name, "exit")
        self._terminal.sendline("/exit")
        self._terminal.expect(pexpect.EOF)
