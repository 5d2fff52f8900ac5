"""The fixtures of both forms of upgrade."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.upgrade import previous

MEASURED = "measured"


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tree of the version before, for its clients."""
    return previous.unpack(tmp_path_factory.mktemp("old") / "tree")


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Return a function that notes a measured value for the end of the test run."""
    return lambda text: record_property(MEASURED, text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests measured, also in worker processes."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == MEASURED:
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")
