"""The version before this one: its files, from the history of this checkout, and the form of its clients' histories."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson

from testkit.processes import whole_lines

ROOT = Path(__file__).resolve().parents[2]
# The version from which the tests upgrade, unless UPGRADE_FROM names another commit. A release changes it:
# CONTRIBUTING.md says when.
COMMIT = os.environ.get("UPGRADE_FROM") or "fc8d262191f314a939e1f53a3b97d1ff00bc7b3c"
# The histories of that version's clients (its tests/faults/history.py) have these names for today's.
FIELDS: dict[str, str] = {}
EVENTS: dict[str, str] = {}


class MissingVersion(Exception):
    """The history of this checkout does not have the commit of the version before."""


def unpack(directory: Path) -> Path:
    """Write the files of the version before into a new directory, and return it.

    Raises:
        MissingVersion: The checkout is shallow, or has no history.
    """
    directory.mkdir()
    packed = directory.with_suffix(".tar")
    if _git("archive", f"--output={packed}", COMMIT) is None:
        raise MissingVersion(
            f"The history of {ROOT} does not have commit {COMMIT}, the version from which the tests upgrade. "
            "If this is a shallow clone, complete it: git fetch --unshallow (in a workflow of GitHub: fetch-depth: 0). "
            "Files without a history cannot run these tests: clone the repository."
        )
    subprocess.run(["tar", "-xf", packed, "-C", directory], check=True)
    packed.unlink()
    return directory


def replace_files(directory: Path) -> None:
    """Put the files of this checkout in the place of those of the version before, as `git pull` does.

    Ignored files, which hold the state of the chat, stay. A changed file is a new file under the old name.
    """
    old = (_git("ls-tree", "-r", "--name-only", "-z", COMMIT) or "").split("\0")
    new = (_git("ls-files", "--cached", "--others", "--exclude-standard", "-z") or "").split("\0")
    for name in filter(None, old):
        (directory / name).unlink(missing_ok=True)
    for name in filter(None, new):
        if (ROOT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, directory / name)
            shutil.copymode(ROOT / name, directory / name)


def bring_back_files(directory: Path, old: Path) -> None:
    """Put the files of the version before in the place of those of this checkout, as `git checkout` does.

    Args:
        directory: A tree whose files `replace_files` has replaced.
        old: A tree of the version before.
    """
    for name in filter(None, (_git("ls-files", "--cached", "--others", "--exclude-standard", "-z") or "").split("\0")):
        (directory / name).unlink(missing_ok=True)
    shutil.copytree(old, directory, symlinks=True, dirs_exist_ok=True)


def translate(history: Path) -> None:
    """Write the history of a client of the version before as today's clients write it."""
    lines = whole_lines(history)
    history.write_bytes(b"".join(orjson.dumps(_translated(line)) + b"\n" for line in lines))


def _translated(line: dict[str, Any]) -> dict[str, Any]:
    renamed = {FIELDS.get(name, name): value for name, value in line.items()}
    return renamed | {"event": EVENTS.get(renamed["event"], renamed["event"])} if "event" in renamed else renamed


def _git(*arguments: str) -> str | None:
    """Return the output of a git command in this checkout, which may belong to another user; None if it fails."""
    command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None
