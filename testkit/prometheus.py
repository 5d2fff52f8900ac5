"""Debian's Prometheus for tests, with the configuration of the project, and the expressions that the project uses."""

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from testkit.metrics import free_port
from testkit.wait import until

ROOT = Path(__file__).resolve().parents[1]
NAME = re.compile(r"\b(?:tertulia|rabbitmq|process)_\w+")
# Grafana's own variable, which Prometheus does not know.
INTERVAL = ("$__rate_interval", "30s")


class Prometheus:
    """A running server; `url` is its address."""

    def __init__(self, port: int) -> None:
        """Take the server on a port of this machine."""
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of its API."""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urlencode(parameters)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def values(self, expression: str) -> list[dict[str, Any]]:
        """Return the series that an expression has now."""
        return list(self.ask("query", query=expression)["result"])

    def firing(self) -> dict[str, dict[str, Any]]:
        """Return an alert of each name that fires now."""
        return {each["labels"]["alertname"]: each for each in self.ask("alerts")["alerts"] if each["state"] == "firing"}

    def targets(self) -> dict[str, str]:
        """Return the health of each target (`up`, `down` or `unknown`), by the name of its job and the instance."""
        labelled = [(each["labels"], each["health"]) for each in self.ask("targets")["activeTargets"]]
        return {f"{labels['job']}/{labels['instance']}": health for labels, health in labelled}


@contextmanager
def running_prometheus(script: str, directory: Path) -> Iterator[Prometheus]:
    """Start a server on a free port, and stop it in the end.

    Args:
        script: The command that starts it on 127.0.0.1:9090.
        directory: Where to run the command; `prometheus.log` there gets the server's output.
    """
    port = free_port()
    command = ["sh", "-c", "exec " + script.replace("127.0.0.1:9090", f"127.0.0.1:{port}")]
    with (directory / "prometheus.log").open("wb") as output:
        process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        started = Prometheus(port)
        until(lambda: _answers(started), 30, "Prometheus answers")
        yield started
    finally:
        process.terminate()
        process.wait(30)


def installed() -> bool:
    """Return whether Prometheus and promtool are installed."""
    return bool(shutil.which("prometheus") and shutil.which("promtool"))


def dashboard_expressions() -> list[str]:
    """Return each expression of the dashboards, as Prometheus understands it."""
    files = sorted((ROOT / "observability/dashboards").glob("*.json"))
    panels = [panel for file in files for panel in json.loads(file.read_text())["panels"]]
    return [target["expr"].replace(*INTERVAL) for panel in panels for target in panel.get("targets", ())]


def broker_metrics() -> set[str]:
    """Return the metrics of RabbitMQ in the dashboards and the rules."""
    texts = [*dashboard_expressions(), (ROOT / "observability/alerts.yaml").read_text()]
    return {name for name in metrics_in("\n".join(texts)) if name.startswith("rabbitmq_")}


def metrics_in(text: str) -> set[str]:
    """Return the metrics that expressions name."""
    return set(NAME.findall(text))


def _answers(prometheus: Prometheus) -> bool:
    try:
        prometheus.ask("targets")
    except OSError:
        return False
    return True
