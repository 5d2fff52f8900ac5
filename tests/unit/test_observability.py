"""The rules of Prometheus and the dashboards of Grafana are valid, and use metrics that exist."""

import json
import re
import subprocess
import warnings
from pathlib import Path
from typing import NamedTuple

import pytest

from docs.generate.metrics import metrics
from observability.build import files
from testkit.prometheus import ROOT, dashboard_expressions, installed, metrics_in

DIRECTORY = ROOT / "observability"
RULES = (DIRECTORY / "alerts.yaml").read_text()
# The series of a histogram.
PARTS = ("_bucket", "_count", "_sum")
RUNBOOKS = ROOT / "docs/how-to/alerts"


@pytest.fixture
def promtool() -> None:
    """Warn and skip the test if Prometheus is not installed."""
    if not installed():
        warnings.warn("Prometheus is not installed: run local/install.sh prometheus", stacklevel=1)
        pytest.skip("Prometheus is not installed: run local/install.sh prometheus")


class Alert(NamedTuple):
    """An alert of alerts.yaml."""

    name: str
    severity: str
    runbook: str


def alerts() -> list[Alert]:
    rule = r"- alert: (\w+)\n.*?labels: \{severity: (\w+)\}\n.*?runbook: (\S+)\n"
    found = [Alert(*each) for each in re.findall(rule, RULES, re.DOTALL)]
    assert len(found) == RULES.count("- alert: ")
    return found


def checked(*arguments: str | Path) -> None:
    done = subprocess.run(["promtool", *arguments], cwd=DIRECTORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("promtool")
def test_each_alert_fires_for_its_fault_and_for_nothing_less() -> None:
    checked("test", "rules", "alerts_test.yaml")


def test_each_alert_is_tested() -> None:
    fired = re.findall(r"alertname: (\w+)(?:\n +|, )exp_alerts:", (DIRECTORY / "alerts_test.yaml").read_text())
    assert set(fired) == {alert.name for alert in alerts()}


@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize("config", ["prometheus.yaml", "prometheus.make.yaml"])
def test_prometheus_accepts_the_configuration(config: str) -> None:
    checked("check", "config", config)


@pytest.mark.usefixtures("promtool")
def test_prometheus_understands_each_expression_of_the_dashboards(tmp_path: Path) -> None:
    rules = [{"record": f"chart:{number}", "expr": each} for number, each in enumerate(dashboard_expressions())]
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "dashboards", "rules": rules}]}))
    checked("check", "rules", tmp_path / "rules.yaml")


def test_the_dashboards_are_those_of_the_generator() -> None:
    found = {path.name: path.read_text() for path in (DIRECTORY / "dashboards").iterdir()}
    assert found == files(), "the dashboards are stale: run `make docs`"


def test_each_metric_of_the_chat_in_an_alert_or_a_dashboard_exists_and_each_that_exists_is_in_a_dashboard() -> None:
    names = metrics_in("\n".join(dashboard_expressions()))
    charts = {re.sub(f"({'|'.join(PARTS)})$", "", name) for name in names if name.startswith("tertulia_")}
    exist = {metric.name for metric in metrics()}
    assert {name for name in metrics_in(RULES) if name.startswith("tertulia_")} <= exist
    assert charts == exist


def test_each_alert_has_a_runbook_in_the_list_and_each_runbook_an_alert() -> None:
    runbooks = {alert.name: alert.runbook for alert in alerts()}
    pages = {f"docs/how-to/alerts/{page.name}" for page in RUNBOOKS.glob("*.md")} - {"docs/how-to/alerts/README.md"}
    rows = re.findall(r"^\| \[(\w+)]\((\S+)\) \| (\w+) \|", (RUNBOOKS / "README.md").read_text(), re.MULTILINE)
    assert set(runbooks.values()) == pages
    assert {Alert(name, severity, f"docs/how-to/alerts/{page}") for name, page, severity in rows} == set(alerts())
    for name, page in runbooks.items():
        assert (ROOT / page).read_text().startswith(f"# {name}: ")


def test_grafana_finds_the_dashboards_and_prometheus() -> None:
    compose = (ROOT / "compose.observability.yaml").read_text()
    (path,) = re.findall(r"path: (\S+)}", (DIRECTORY / "grafana/dashboards/tertulia.yaml").read_text())
    (uid,) = re.findall(r"uid: (\S+)", (DIRECTORY / "grafana/datasources/prometheus.yaml").read_text())
    assert f"- ./observability/dashboards:{path}:ro\n" in compose
    for text in files().values():
        sources = {panel["datasource"]["uid"] for panel in json.loads(text)["panels"] if panel["type"] != "row"}
        assert sources == {uid}
