"""The documentation agrees with the code."""

import re

import pytest

from docs.generate import health, log_events, reasons, settings
from docs.generate.pages import REFERENCE, pages
from docs.generate.source import ROOT


@pytest.mark.parametrize("name", pages())
def test_a_reference_page_agrees_with_the_code(name: str) -> None:
    assert (REFERENCE / name).read_text() == pages()[name], "the page is stale: run `make docs`"


def test_each_log_event_has_a_meaning_and_each_meaning_an_event() -> None:
    assert set(log_events.events()) == set(log_events.MEANINGS)


def test_each_log_event_with_fields_that_the_source_does_not_name_has_a_list_of_them() -> None:
    assert {name for name, event in log_events.events().items() if event.has_more} == set(log_events.MORE_FIELDS)


def test_each_reason_has_a_carrier_and_each_carrier_a_reason() -> None:
    assert set(reasons.reasons()) == set(reasons.CARRIERS)


def test_each_setting_has_a_meaning_and_each_meaning_a_setting() -> None:
    assert set(settings.names()) == set(settings.SETTINGS)


def test_each_field_of_the_health_report_has_a_meaning_and_each_meaning_a_field() -> None:
    assert set(health.fields()) == set(health.MEANINGS)


def test_each_python_file_that_the_documentation_names_exists() -> None:
    named = {name for page in (ROOT / "docs").rglob("*.md") for name in re.findall(r"`(\w+\.py)`", page.read_text())}
    parts = ("libs", "services", "client", "admin", "tests", "testkit", "bench", "local", "docs")
    existing = {path.name for part in parts for path in (ROOT / part).rglob("*.py")}
    assert named <= existing


def test_each_decision_is_in_the_index_and_has_all_sections() -> None:
    directory = ROOT / "docs" / "decisions"
    index = (directory / "README.md").read_text()
    for page in directory.glob("[0-9]*.md"):
        assert f"({page.name})" in index
        title, *rest = page.read_text().splitlines()
        assert title.startswith(f"# {int(page.name[:4])}. ")
        assert [line for line in rest if line.startswith("## ")][:3] == ["## Context", "## Decision", "## Consequences"]
        assert [line[:12] for line in rest if line.startswith("- **")][:2] == ["- **Status:*", "- **Date:** "]
