"""The documentation agrees with the code."""

import re
from pathlib import Path

import pytest

from docs.generate import health, log_events, metrics, reasons, settings
from docs.generate.pages import pages
from docs.generate.source import ROOT

PARTS = ("libs", "services", "client", "admin", "tests", "testkit", "bench", "local", "docs")
# Pages whose names in code style a rename would make wrong.
EXPLAINING = ("docs/how-to/add-*.md", "docs/explanation/*.md", "CONTRIBUTING.md")
# Names in code style that no Python file defines: a setting of RabbitMQ, and a reason on the wire.
FOREIGN = {"pause_minority", "unknown_type"}


@pytest.mark.parametrize("name", pages(), ids=str)
def test_a_generated_page_agrees_with_the_code(name: Path) -> None:
    assert (ROOT / name).read_text() == pages()[name], "the page is stale: run `make docs`"


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


def test_each_metric_has_one_name_that_prometheus_and_the_project_agree_on_and_a_meaning() -> None:
    found = metrics.metrics()
    names = [metric.name for metric in found]
    assert len(set(names)) == len(names)
    for metric in found:
        assert re.fullmatch("tertulia_[a-z_]+[a-z]", metric.name)
        assert metric.name.endswith("_total") == (metric.type == "counter")
        assert metric.type != "histogram" or metric.name.endswith("_seconds")
        assert metric.meaning


def _python_files() -> list[Path]:
    return [path for part in PARTS for path in (ROOT / part).rglob("*.py")]


def _explaining_pages() -> dict[Path, str]:
    """Return the text of each page that explains the code, without its blocks of code."""
    paths = (path for pattern in EXPLAINING for path in ROOT.glob(pattern))
    return {path: re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL) for path in paths}


def _defined(path: Path) -> set[str]:
    """Return the names that a module defines, and its own."""
    source = path.read_text()
    assigned = re.findall(r"^\s*(?:self\.)?(\w+)(?:: .+)? = ", source, re.MULTILINE)
    fields = re.findall(r"^    (\w+): ", source, re.MULTILINE)
    return {path.stem, *re.findall(r"\b(?:class|def) (\w+)", source), *assigned, *fields}


def test_each_python_file_that_the_documentation_names_exists() -> None:
    named = {name for page in (ROOT / "docs").rglob("*.md") for name in re.findall(r"`(\w+\.py)`", page.read_text())}
    assert named <= {path.name for path in _python_files()}


def test_each_name_that_a_page_gives_in_code_style_is_defined_in_the_source() -> None:
    events = {part for event in log_events.events() for part in event.split(".")}
    defined = set().union(*(_defined(path) for path in _python_files())) | events | FOREIGN
    for page, text in _explaining_pages().items():
        codes = re.findall(r"`(?:\w+\.)*(_?[A-Z][a-z]\w*|\w*[a-z]_\w+|_[a-z]\w*)(?:\(.*?\))?`", text)
        missing = set(codes) - defined
        assert not missing, f"{page.name} names {missing}, which no module defines"


def test_each_name_that_a_page_finds_in_a_module_is_defined_there() -> None:
    for page, text in _explaining_pages().items():
        for names, file in re.findall(r"((?:`\w+`(?:,? and |, )?)+)\**\s+(?:in|\|)\s+\[[^]]+\]\(([^)]+\.py)\)", text):
            missing = set(re.findall(r"`(\w+)`", names)) - _defined((page.parent / file).resolve())
            assert not missing, f"{page.name} finds {missing} in {file}"


def test_each_decision_is_in_the_index_and_has_all_sections() -> None:
    directory = ROOT / "docs" / "decisions"
    index = (directory / "README.md").read_text()
    for page in directory.glob("[0-9]*.md"):
        assert f"({page.name})" in index
        title, *rest = page.read_text().splitlines()
        assert title.startswith(f"# {int(page.name[:4])}. ")
        assert [line for line in rest if line.startswith("## ")][:3] == ["## Context", "## Decision", "## Consequences"]
        assert [line[:12] for line in rest if line.startswith("- **")][:2] == ["- **Status:*", "- **Date:** "]
