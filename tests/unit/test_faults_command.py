"""The fault command on a machine without the tools that some faults need."""

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
def test_the_command_refuses_a_fault_whose_tools_are_missing(tmp_path: Path, fault: str, arguments: list[str]) -> None:
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
    assert done.stderr == f"cannot inject {fault} faults here: install unshare, ip, tc, mount\n"
