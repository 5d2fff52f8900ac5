"""Disturbances of the network between one process and a server: cut, lossy, slow; and a server that is silent.

Each process reaches the broker, and each archive the database, by a loopback address of its own. So a disturbance of
that address affects only that process. All of it is in the network namespace of the run (see isolation.py).
"""

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

LOSS = 0.2
RATE = "128kbit"
BOTH = ("-d", "-s")


def address(number: int) -> str:
    """Return the loopback address of a process, by its number from 0 on."""
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


def prepare() -> None:
    """Bring the loopback device up, and give it a queueing discipline whose classes can be slow."""
    run("ip", "link", "set", "lo", "up")
    run("tc", "qdisc", "add", "dev", "lo", "root", "handle", "1:", "htb")


@contextmanager
def cut(place: str, directions: tuple[str, ...] = BOTH) -> Iterator[None]:
    """Silently drop all packets to an address (`-d`), from it (`-s`), or both."""
    with _rules(place, directions, ["-j", "DROP"]):
        yield


@contextmanager
def lossy(place: str) -> Iterator[None]:
    """Drop a fifth of all packets to and from an address, at random."""
    with _rules(place, BOTH, ["-m", "statistic", "--mode", "random", "--probability", str(LOSS), "-j", "DROP"]):
        yield


@contextmanager
def slow(place: str) -> Iterator[None]:
    """Limit the packets to and from an address to 128 kbit/s; the others wait."""
    _, _, high, low = map(int, place.split("."))
    number = high * 256 + low
    one = ["dev", "lo", "parent", "1:"]
    run("tc", "class", "add", *one, "classid", f"1:{number:x}", "htb", "rate", RATE)
    for end in ("dst", "src"):
        match = ["u32", "match", "ip", end, f"{place}/32", "flowid", f"1:{number:x}"]
        run("tc", "filter", "add", *one, "prio", str(number), "protocol", "ip", *match)
    try:
        yield
    finally:
        run("tc", "filter", "del", *one, "prio", str(number))
        run("tc", "class", "del", *one, "classid", f"1:{number:x}")


@contextmanager
def silent(port: int) -> Iterator[None]:
    """Silently drop all packets to and from a server by its port."""
    with _dropped([["-p", "tcp", end, str(port), "-j", "DROP"] for end in ("--dport", "--sport")]):
        yield


@contextmanager
def _rules(place: str, directions: tuple[str, ...], action: list[str]) -> Iterator[None]:
    with _dropped([[direction, place, "-p", "tcp", *action] for direction in directions]):
        yield


@contextmanager
def _dropped(matches: Iterable[list[str]]) -> Iterator[None]:
    with ExitStack() as undo:
        for match in matches:
            rule = ["INPUT", *match]
            run("iptables", "-w", "-A", *rule)
            undo.callback(run, "iptables", "-w", "-D", *rule)
        yield


def run(*command: str) -> None:
    """Run a command; raises AssertionError with its error output if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
