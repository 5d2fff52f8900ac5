"""The metadata of the packages, as their users see it."""

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DIRECTORIES = [*ROOT.glob("libs/*"), *ROOT.glob("services/*"), ROOT / "client", ROOT / "admin"]
PROJECTS = [tomllib.loads((directory / "pyproject.toml").read_text())["project"] for directory in DIRECTORIES]
NAMES = [project["name"] for project in PROJECTS]
VERSION = (ROOT / "VERSION").read_text().strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_package_has_the_version_that_the_version_file_names(name: str) -> None:
    assert metadata(name)["Version"] == VERSION


@pytest.mark.parametrize("name", NAMES)
def test_a_package_names_its_licence_and_no_url(name: str) -> None:
    assert metadata(name)["License-Expression"] == "Apache-2.0"
    assert metadata(name).get_all("Project-URL") is None


@pytest.mark.parametrize("project", PROJECTS, ids=NAMES)
def test_a_package_pins_no_version_of_another_one(project: dict[str, list[str]]) -> None:
    assert {each for each in project["dependencies"] if each.startswith("chat-")} <= set(NAMES)


def test_the_changelog_begins_with_the_version() -> None:
    releases = re.findall(r"^## (\d\S+) - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert releases[0] == VERSION


def test_make_installs_every_package() -> None:
    (line,) = re.findall(r"^PACKAGES := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(ROOT / package for package in line.split()) == sorted(DIRECTORIES)
