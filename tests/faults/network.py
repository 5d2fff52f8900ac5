"""The network between one process and the broker, made bad: cut, lossy, slow.

Every process reaches the broker by a loopback address of its own, so that what happens to that address happens to that
process alone. All of this is in a network namespace of our own (see isolation.py), which ends with us.
"""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

LOSS = 0.2
RATE = "128kbit"
BOTH = ("-d", "-s")


def address(number: int) -> str:
    """The loopback address of the process with this number, from 0 on."""
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


def prepare() -> None:
    """Bring loopback up, and have its packets pass through a queue of which a part can be slow."""
    run("ip", "link", "set", "lo", "up")
    run("tc", "qdisc", "add", "dev", "lo", "root", "handle", "1:", "htb")


@contextmanager
def cut(place: str, directions: tuple[str, ...] = BOTH) -> Iterator[None]:
    """Nothing goes to (`-d`) or comes from (`-s`) an address; nobody is told."""
    with _rules(place, directions, ["-j", "DROP"]):
        yield


@contextmanager
def lossy(place: str) -> Iterator[None]:
    """A fifth of all packets is lost."""
    with _rules(place, BOTH, ["-m", "statistic", "--mode", "random", "--probability", str(LOSS), "-j", "DROP"]):
        yield


@contextmanager
def slow(place: str) -> Iterator[None]:
    """128 kbit a second, and what does not get through waits."""
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
def _rules(place: str, directions: tuple[str, ...], what: list[str]) -> Iterator[None]:
    with ExitStack() as undo:
        for direction in directions:
            rule = ["INPUT", direction, place, "-p", "tcp", *what]
            run("iptables", "-w", "-A", *rule)
            undo.callback(run, "iptables", "-w", "-D", *rule)
        yield


def run(*command: str) -> None:
    """Run a command that must succeed; raises AssertionError with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
