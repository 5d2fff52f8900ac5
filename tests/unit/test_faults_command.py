"""The command that breaks the chat, on a machine where not everything can be had."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.isolation import INSIDE


@pytest.mark.parametrize(
    ("fault", "arguments"),
    [("network", ["--only", "network"]), ("nodes", ["--only", "nodes"]), ("nodes", ["--nodes", "3"])],
)
def test_a_fault_that_cannot_be_had_is_not_played(tmp_path: Path, fault: str, arguments: list[str]) -> None:
    environ = {name: value for name, value in os.environ.items() if name != INSIDE}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", *arguments],
        env={**environ, "PATH": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == f"{fault} cannot be had here: not installed: unshare, ip, tc, mount\n"
