"""A real locale whose characters are not those of UTF-8."""

import shutil
import subprocess
from pathlib import Path

import pytest

NAME = "es_ES.ISO-8859-1"


def latin_1(directory: Path) -> dict[str, str]:
    """Make the locale in a directory, and return the variables that choose it. Skip the test if that is impossible."""
    if not shutil.which("localedef"):
        pytest.skip("localedef is not installed: no locale of ISO-8859-1 can be made")
    made = subprocess.run(
        ["localedef", "-i", "es_ES", "-f", "ISO-8859-1", str(directory / NAME)], capture_output=True, check=False
    )
    if made.returncode > 1:  # 1 is a warning
        pytest.skip(f"localedef cannot make a locale of ISO-8859-1: {made.stderr!r}")
    return {"LOCPATH": str(directory), "LC_ALL": NAME}
