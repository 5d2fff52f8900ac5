"""The line face at a terminal."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.wait import until

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


def test_what_arrives_while_something_is_being_printed_does_no_harm(tmp_path: Path) -> None:
    rung = tmp_path / "rung"
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [sys.executable, "-c", RINGING, str(rung)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    )

    until(rung.exists, 30, "the bell has rung while the pipe was full")

    shown, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, b"")
    assert (shown.count(b"z"), shown.count(b"somebody: hola")) == (1_000_000, 1)
