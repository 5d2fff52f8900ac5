"""The commands of docs/how-to/back-up-and-restore.md for `make`, run as they stand there."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chat_wire.messages import Granted, History, Page, Refused
from testkit.chatter import Chatter, new_request
from testkit.guide import commands
from testkit.processes import whole_lines
from testkit.rabbitmq import free_ports
from testkit.wait import until

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Makefile", "VERSION", "requirements.txt", "broker", "local", "libs", "services", "client", "admin")
pytestmark = pytest.mark.timeout(300)
# A make that calls the tests sets these for its commands.
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat that `make up` runs in a directory of its own.

    Attributes:
        tree: The directory.
        backup: Where the guide's /backup is.
    """

    tree: Path
    backup: Path

    def run(self, script: str) -> None:
        """Run commands of the guide."""
        environ = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
        command = ["sh", "-e", "-u", "-c", script.replace("/backup", str(self.backup))]
        done = subprocess.run(command, cwd=self.tree, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    def guide(self, before: str) -> None:
        """Run the block of commands that follows a text in the guide."""
        self.run(commands("back-up-and-restore.md", before))

    def recorded(self) -> list[str]:
        """Return the text of each line of log.txt."""
        return [line["text"] for line in whole_lines(self.tree / "data" / "log.txt")]

    def person(self, secret: str | None = None) -> Chatter:
        """Return a person who has connected."""
        return Chatter((self.tree / ".run/secrets/client/amqp_url").read_text().strip(), secret)


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    """Start a chat in a copy of the checkout that shares its virtual environment, and stop it in the end."""
    made = Chat(tmp_path / "tree", tmp_path / "backup")
    made.tree.mkdir()
    made.backup.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        copy(ROOT / part, made.tree / part)
    for source in made.tree.rglob("*"):
        os.utime(source, (0, 0))  # so that make takes the virtual environment as up to date
    (made.tree / ".venv").symlink_to(ROOT / ".venv")
    (made.tree / ".env").write_text(f"AMQP_PORT={free_ports()}\n")
    try:
        made.run("make up")
        yield made
    finally:
        made.run("make down")


def history(person: Chatter) -> list[str]:
    question = History(request=new_request(), token=person.token, room="lobby", before=None, limit=50)
    page = person.request(question, "chat.archive", "archive.queries")
    assert isinstance(page, Page)
    return [message.text for message in page.messages]


def test_a_restored_chat_has_its_messages_and_its_names_and_goes_on(chat: Chat) -> None:
    ann = chat.person()
    assert isinstance(ann.claim("ann"), Granted)
    ann.post("one", "two")
    until(lambda: chat.recorded() == ["one", "two"])
    ann.close()

    chat.guide("#back-up-and-restore). With `make`:")
    chat.guide("does not find its streams at another one. With\n`make`:")

    thief, ann = chat.person(), chat.person(ann.secret)
    refused = thief.claim("ann")
    assert isinstance(refused, Refused)
    assert refused.reason == "name_taken"
    assert isinstance(ann.claim("ann"), Granted)
    assert history(ann) == ["one", "two"]
    ann.join()
    ann.post("three")
    ann.hear(lambda: [text for _, text in ann.heard()] == ["one", "two", "three"])
    until(lambda: chat.recorded() == ["one", "two", "three"])
