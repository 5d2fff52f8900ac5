"""The requirements files, which lock every dependency (decision 20)."""

import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RUN, DEVELOP = "requirements.txt", "requirements-dev.txt"
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][^ ]*)( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def test_the_locks_are_all_requirements_files() -> None:
    assert {path.name for path in ROOT.glob("requirements*")} == {RUN, DEVELOP}
    assert not (ROOT / "uv.lock").exists()


@pytest.mark.parametrize("lock", [RUN, DEVELOP])
def test_a_lock_holds_versions_and_hashes_and_no_index(lock: str) -> None:
    other = [
        line for line in (ROOT / lock).read_text().splitlines() if not (PIN.fullmatch(line) or HASH.fullmatch(line))
    ]
    assert other == []


def test_both_locks_agree_on_the_version_of_a_package() -> None:
    run, develop = _pins(RUN), _pins(DEVELOP)
    assert {name: develop[name] for name in develop if name in run} == {
        name: run[name] for name in run if name in develop
    }


def test_every_dependency_of_a_package_is_locked() -> None:
    packages = chain(ROOT.glob("libs/*"), ROOT.glob("services/*"), [ROOT / "client", ROOT / "admin"])
    projects = [tomllib.loads((package / "pyproject.toml").read_text())["project"] for package in packages]
    needed = {_name(each) for project in projects for each in _requirements(project)}
    assert {name for name in needed if not name.startswith("chat-")} <= set(_pins(RUN))


@pytest.mark.parametrize(("group", "lock"), [("build", RUN), ("local", RUN), ("dev", DEVELOP)])
def test_every_tool_is_locked(group: str, lock: str) -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    assert {_name(each) for each in groups[group]} <= set(_pins(lock))


def _pins(lock: str) -> dict[str, set[str]]:
    """Return the versions of each locked package; environment markers choose between several."""
    pins: dict[str, set[str]] = {}
    for match in filter(None, map(PIN.fullmatch, (ROOT / lock).read_text().splitlines())):
        pins.setdefault(match["name"], set()).add(match["version"])
    return pins


def _requirements(project: dict[str, Any]) -> list[str]:
    extras = project.get("optional-dependencies", {})
    return [*project["dependencies"], *chain.from_iterable(extras.values())]


def _name(requirement: str) -> str:
    """Return the normalized name in a requirement (PEP 503)."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match
    return re.sub(r"[-_.]+", "-", match[0]).lower()
