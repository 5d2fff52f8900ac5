"""The line face at a terminal."""

import subprocess
import sys

RINGING = """
import signal
from chat_client import terminal
signal.signal(signal.SIGALRM, lambda *_: terminal._print_above(["somebody: hola"], "> "))
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for _ in range(3000):
    print("y" * 1000, flush=True)
signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_what_arrives_while_something_is_being_printed_does_no_harm() -> None:
    done = subprocess.run([sys.executable, "-c", RINGING], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "somebody: hola" in done.stdout
