"""The script behind `make up` and `make down`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WITHOUT_PACKAGES = """
import runpy, sys
for package in ("chat_wire", "chat_amqp", "chat_tokens", "chat_worker"):
    sys.modules[package] = None
sys.argv = ["system", "--help"]
runpy.run_module("local.system", run_name="__main__")
"""


def test_it_starts_before_the_packages_of_a_new_version_are_installed() -> None:
    """After `git pull`, `make down` still has the packages that the old version installed."""
    process = subprocess.run([sys.executable, "-c", WITHOUT_PACKAGES], cwd=ROOT, capture_output=True, text=True)

    assert (process.returncode, process.stderr) == (0, "")
    assert "down" in process.stdout
