"""A chat that `make up` runs in a copy of the checkout, on which tests run the commands of the how-to pages."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from testkit.chatter import Chatter
from testkit.processes import whole_lines
from testkit.rabbitmq import free_ports

ROOT = Path(__file__).resolve().parents[1]
PARTS = (
    "Makefile",
    "VERSION",
    "requirements.txt",
    "broker",
    "local",
    "libs",
    "services",
    "client",
    "admin",
    "observability",
)
# A make that calls the tests sets these for its commands.
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")


@dataclass(frozen=True, slots=True)
class LocalChat:
    """A chat in a directory of its own.

    Attributes:
        tree: The directory.
        paths: What stands in the guides for a path, and the path that takes its place.
    """

    tree: Path
    paths: Mapping[str, Path] = field(default_factory=dict)

    def copy(self) -> None:
        """Copy the checkout, sharing its virtual environment, and choose free ports."""
        self.tree.mkdir()
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            copy(ROOT / part, self.tree / part)
        for source in self.tree.rglob("*"):
            os.utime(source, (0, 0))  # so that make takes the virtual environment as up to date
        (self.tree / ".venv").symlink_to(ROOT / ".venv")
        (self.tree / ".env").write_text(f"AMQP_PORT={free_ports()}\n")

    def run(self, script: str, *, status: int = 0, shell: str = "sh") -> str:
        """Run commands of a guide, and return their output; raises AssertionError if they end with another status."""
        environ = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
        for written, path in self.paths.items():
            script = script.replace(written, str(path))
        command = [shell, "-e", "-u", "-c", script]
        done = subprocess.run(command, cwd=self.tree, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def secret(self, user: str) -> str:
        """Return the AMQP URL of a user."""
        return (self.tree / ".run/secrets" / user / "amqp_url").read_text().strip()

    def recorded(self) -> list[str]:
        """Return the text of each line of log.txt."""
        return [line["text"] for line in whole_lines(self.tree / "data" / "log.txt")]

    def person(self, secret: str | None = None) -> Chatter:
        """Return a person who has connected."""
        return Chatter(self.secret("client"), secret)
