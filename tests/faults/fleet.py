"""The client processes of a run; a nemesis may kill some and start others."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testkit.wait import until


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The number of people and their activity.

    Attributes:
        seed: The seed of everything that the clients do at random.
        processes: The number of client processes.
        members: The number of people in each process.
        posts: Posts per second of each member.
        moves: Exits, takeovers and the like per second of each member.
        patience: The seconds in which each step of the end of a run must end.
    """

    seed: int
    processes: int = 4
    members: int = 3
    posts: float = 5.0
    moves: float = 0.1
    patience: float = 60.0


@dataclass(frozen=True, slots=True)
class ClientProcess:
    """A process with some members, in one of its lives; `log` is the file with its output, `tree` as in Fleet.start."""

    label: str
    life: int
    popen: subprocess.Popen[bytes]
    log: Path
    tree: Path | None = None

    def reached(self, state: str) -> bool:
        """Return whether the process is `joined` or `settled`; raises AssertionError if it has ended."""
        assert self.popen.poll() is None, f"{self.label} has ended: {self.log.read_text()[-2000:]}"
        return self.log.with_suffix(f".{state}").exists()


def sources(tree: Path | None) -> dict[str, str]:
    """Return the setting of Python that lets a process use the packages of another source tree."""
    return {"PYTHONPATH": os.pathsep.join(map(str, tree.glob("**/src")))} if tree else {}


class Fleet:
    """Starts and ends client processes.

    Attributes:
        clients: The running ones.
    """

    def __init__(self, url: Callable[[str], str], load: Load, directory: Path) -> None:
        """Create an empty fleet.

        Args:
            url: Returns the URL of the broker for the label of a process.
            load: What each process does.
            directory: Where the processes write their histories.
        """
        self._url = url
        self._load = load
        self._directory = directory
        self._labels = 0
        self.clients: list[ClientProcess] = []
        directory.mkdir(parents=True, exist_ok=True)

    def start(self, count: int, tree: Path | None = None) -> list[ClientProcess]:
        """Start processes with new people, and wait until all of these have joined.

        Args:
            count: The number of processes.
            tree: The source tree of another version, whose clients to start.
        """
        first = self._labels + 1
        self._labels += count
        new = [self._start(f"p{number}", 1, tree) for number in range(first, first + count)]
        for client in new:
            self.wait_for(client, "joined")
        return new

    def kill(self, client: ClientProcess) -> None:
        """End a process with SIGKILL, and expect nothing more of it."""
        self.clients.remove(client)
        client.popen.kill()
        client.popen.wait(10)

    def revive(self, client: ClientProcess) -> ClientProcess:
        """Start a killed process again: the same people take their names back."""
        return self._start(client.label, client.life + 1, client.tree)

    def settle(self) -> None:
        """Wait until all have joined, stop them posting, and wait until their posts have come back or are given up."""
        for client in self.clients:
            self.wait_for(client, "joined")
        for client in self.clients:
            client.popen.terminate()
        for client in self.clients:
            self.wait_for(client, "settled")

    def wait(self) -> None:
        """Wait until all processes have ended; they do so after the last post of the run."""
        for client in self.clients:
            status = client.popen.wait(5 * self._load.patience)
            assert status == 0, f"{client.label} exited with status {status}: {client.log.read_text()[-2000:]}"

    def wait_for(self, client: ClientProcess, state: str) -> None:
        """Wait until a process is `joined` or `settled`; raises AssertionError."""
        until(lambda: client.reached(state), 2 * self._load.patience, f"{client.label} is {state}")

    def stop(self) -> None:
        """Kill all processes that still run."""
        for client in self.clients:
            client.popen.kill()
            client.popen.wait(10)

    def _start(self, label: str, life: int, tree: Path | None) -> ClientProcess:
        log = self._directory / f"{label}.{life}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.client", *self._arguments(label, life)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **sources(tree), "AMQP_URL": self._url(label)},
                cwd=tree,
            )
        client = ClientProcess(label, life, popen, log, tree)
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
