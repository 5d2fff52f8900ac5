"""Client processes of a run, which a nemesis may kill and add to."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testkit.wait import until


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many people do how much. `posts` and `moves` are a second, of each member; `patience` is in seconds."""

    seed: int
    processes: int = 4
    members: int = 3
    posts: float = 5.0
    moves: float = 0.1
    patience: float = 60.0


@dataclass(frozen=True, slots=True)
class Client:
    """A process with some members, in one of its lives. Its output is in `log`."""

    label: str
    life: int
    popen: subprocess.Popen[bytes]
    log: Path

    def reached(self, state: str) -> bool:
        """Whether it is `joined` or `settled`; raises AssertionError if it has ended."""
        assert self.popen.poll() is None, f"{self.label} has ended: {self.log.read_text()[-2000:]}"
        return self.log.with_suffix(f".{state}").exists()


class Fleet:
    """Starts client processes, whose histories go to `directory`; `url` gives the broker's URL for each label."""

    def __init__(self, url: Callable[[str], str], load: Load, directory: Path) -> None:
        self._url = url
        self._load = load
        self._directory = directory
        self._labels = 0
        self.clients: list[Client] = []
        directory.mkdir(parents=True, exist_ok=True)

    def start(self, count: int) -> list[Client]:
        """Start some processes, of new people, and wait until all of these have joined."""
        first = self._labels + 1
        self._labels += count
        new = [self._start(f"p{number}", 1) for number in range(first, first + count)]
        for client in new:
            self.wait_for(client, "joined")
        return new

    def kill(self, client: Client) -> None:
        """End a process as kill -9 does; nothing more is expected of it."""
        self.clients.remove(client)
        client.popen.kill()
        client.popen.wait(10)

    def revive(self, client: Client) -> Client:
        """Start a process again that was killed: the same people, who take back what they held."""
        return self._start(client.label, client.life + 1)

    def settle(self) -> None:
        """Have all say no more, once they have joined, and wait until what was said has come back, or is given up."""
        for client in self.clients:
            self.wait_for(client, "joined")
        for client in self.clients:
            client.popen.terminate()
        for client in self.clients:
            self.wait_for(client, "settled")

    def wait(self) -> None:
        """Wait until all have ended, which they do by themselves after the last post of the run."""
        for client in self.clients:
            status = client.popen.wait(5 * self._load.patience)
            assert status == 0, f"{client.label} ended with {status}: {client.log.read_text()[-2000:]}"

    def wait_for(self, client: Client, state: str) -> None:
        """Wait until a process is `joined` or `settled`; raises AssertionError."""
        until(lambda: client.reached(state), 2 * self._load.patience, f"{client.label} is {state}")

    def stop(self) -> None:
        """End whatever still runs."""
        for client in self.clients:
            client.popen.kill()
            client.popen.wait(10)

    def _start(self, label: str, life: int) -> Client:
        log = self._directory / f"{label}.{life}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.client", *self._arguments(label, life)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "AMQP_URL": self._url(label)},
            )
        client = Client(label, life, popen, log)
        self.clients.append(client)
        return client

    def _arguments(self, label: str, life: int) -> list[str]:
        load = self._load
        options = {
            "label": label,
            "life": life,
            "directory": self._directory,
            "members": load.members,
            "posts": load.posts,
            "moves": load.moves,
            "patience": load.patience,
            "seed": load.seed,
        }
        return [f"--{name}={value}" for name, value in options.items()]
