"""The line face at a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.wait import until

RINGING = """
import signal, sys
from pathlib import Path
from chat_client import terminal

def ring(*_):
    Path(sys.argv[1]).touch()
    terminal._print_above(["somebody: hola"], "> ")

signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.5)
print("z" * 1_000_000, flush=True)
"""

RINGING_ON = """
import signal, sys
from pathlib import Path
from chat_client.events import Remark
from chat_client.settings import ClientSettings
from chat_client.terminal import Terminal

face = Terminal(ClientSettings(amqp_url="amqp://127.0.0.1:9/", name="ann"), "secret")
face._prompt = "> "
rung = 0

def ring(*_):
    global rung
    rung += 1
    if rung == 1500:
        Path(sys.argv[1]).touch()
    face._to_show.put(Remark(text="somebody: hola"))
    face._on_ring(signal.SIGALRM, None)

signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
print("z" * 1_000_000, flush=True)
signal.setitimer(signal.ITIMER_REAL, 0)
"""


INTERRUPTED = """
import signal, sys
from pathlib import Path
from chat_client.events import Ended
from chat_client.leaving import Leave
from chat_client.settings import ClientSettings
from chat_client.terminal import Terminal

def interrupt(*_):
    Path(sys.argv[1]).touch()
    raise KeyboardInterrupt

face = Terminal(ClientSettings(amqp_url="amqp://127.0.0.1:9/", name="ann"), "secret")
face._to_show.put(Ended(text="it is over" + "z" * 1_000_000, freed=True))
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.5)
try:
    face._read("> ")
except Leave as leave:
    sys.exit(leave.status)
"""


@pytest.mark.parametrize("program", [RINGING, RINGING_ON], ids=["once", "again and again"])
def test_what_arrives_while_something_is_being_printed_does_no_harm(program: str, tmp_path: Path) -> None:
    shown = printed(program, tmp_path)

    assert shown.count(b"z") == 1_000_000
    assert b"somebody: hola" in shown


def test_who_interrupts_the_end_of_the_session_while_it_is_being_told_has_left(tmp_path: Path) -> None:
    assert b"it is over" in printed(INTERRUPTED, tmp_path)


def printed(program: str, tmp_path: Path) -> bytes:
    """What a program prints to a pipe that is full until the bell has rung; it is to end in order."""
    rung = tmp_path / "rung"
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(rung)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    )

    until(rung.exists, 30, "the bell has rung while the pipe was full")

    shown, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, b"")
    return shown
