"""The view of another user of the machine on a chat that `make up` runs, and on images."""

import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from testkit.local_chat import ROOT, LocalChat


@pytest.fixture(scope="module")
def local_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalChat]:
    """Yield a chat that `make up` has started, and stop it in the end."""
    chat = LocalChat(tmp_path_factory.mktemp("local") / "tree")
    chat.copy()
    chat.run("umask 022; make up")
    yield chat
    chat.run("make down")


def test_another_user_of_the_machine_reads_no_file_of_the_chat(local_chat: LocalChat) -> None:
    ours = [local_chat.tree / ".run", local_chat.tree / "data"]
    readable = [path for root in ours for path in root.rglob("*") if path.is_file() and _readable(path, root.parent)]

    assert all(root.exists() for root in ours)
    assert readable == []


def _readable(path: Path, root: Path) -> bool:
    """Return whether others may read a file: it and all directories up to the root let them."""
    inner = [parent for parent in path.parents if parent.is_relative_to(root) and parent != root]
    return bool(path.stat().st_mode & 0o004) and all(parent.stat().st_mode & 0o001 for parent in inner)


def test_no_command_line_has_a_password(local_chat: LocalChat) -> None:
    kept = [path for path in (local_chat.tree / ".run/secrets").rglob("*") if path.is_file()]
    passwords = {found for path in kept for found in re.findall(r"://\w+:([^@]+)@", path.read_text())}
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]

    assert len(passwords) >= 6
    assert [line for line in lines if any(password in line for password in passwords)] == []


def test_images_are_built_without_files_of_a_running_chat() -> None:
    rules = (ROOT / ".dockerignore").read_text().split()

    assert rules[0] == "*", "everything is left out that is not named"
    assert not {"!.run", "!data", "!.env", "!secrets"} & set(rules)
