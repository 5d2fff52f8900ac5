"""The effect of the settings on compose.yaml; needs the command `docker compose`, but no engine."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES = ("registry", "router", "archive")
NODES = ("rabbitmq", "rabbitmq-2", "rabbitmq-3")
CLUSTER = "compose.yaml:compose.cluster.yaml"

pytestmark = pytest.mark.skipif(shutil.which("docker") is None, reason="the command docker is missing")


def compose(*arguments: str, **settings: str) -> str:
    """Run a compose command with only these settings, and return its output."""
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings}
    command = ["docker", "compose", "--profile=*", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def services(*arguments: str, **settings: str) -> dict[str, Any]:
    """Return the services of the compose file with these settings."""
    configured: dict[str, Any] = json.loads(compose(*arguments, "config", "--format=json", **settings))
    return dict(configured["services"])


@pytest.mark.parametrize("settings", [{}, {"AMQP_PORT": "", "MANAGEMENT_PORT": ""}])
@pytest.mark.parametrize("files", ["compose.yaml", CLUSTER])
def test_no_port_is_published_unless_it_is_set(files: str, settings: dict[str, str]) -> None:
    assert not any("ports" in service for service in services(COMPOSE_FILE=files, **settings).values())


@pytest.mark.parametrize(
    ("settings", "published"),
    [
        ({"AMQP_PORT": "5733"}, {5672: "5733"}),
        ({"MANAGEMENT_PORT": "5734"}, {15672: "5734"}),
        ({"AMQP_PORT": "5733", "MANAGEMENT_PORT": "5734"}, {5672: "5733", 15672: "5734"}),
    ],
)
@pytest.mark.parametrize("files", ["compose.yaml", CLUSTER])
def test_the_ports_that_are_set_are_those_of_one_node_on_the_loopback_interface(
    files: str, settings: dict[str, str], published: dict[int, str]
) -> None:
    configured = services(COMPOSE_FILE=files, **settings)

    (ports,) = (service["ports"] for service in configured.values() if "ports" in service)
    assert {port["target"]: port["published"] for port in ports} == published
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}


@pytest.mark.parametrize("files", ["compose.yaml", CLUSTER])
def test_each_node_reads_the_key_of_the_tokens_and_prepare_can_give_it_to_nodes_that_run(files: str) -> None:
    configured = services(COMPOSE_FILE=files)

    nodes = [configured[name] for name in NODES if name in configured]
    assert len(nodes) == (3 if files == CLUSTER else 1)
    for node in nodes:
        targets = {each["target"] for each in node["volumes"]}
        assert {"/etc/rabbitmq/definitions", "/etc/rabbitmq/conf.d/90-compose.conf"} <= targets
    assert {"/prepare.sh", "/accept_tokens.sh"} <= {each["target"] for each in configured["prepare"]["volumes"]}


def test_two_projects_share_no_image_that_they_build() -> None:
    one, other = (set(compose("config", "--images", COMPOSE_PROJECT_NAME=name).split()) for name in ("one", "other"))

    assert one & other == {"rabbitmq:4-management"}


def test_a_file_of_settings_keeps_the_replicas(tmp_path: Path) -> None:
    settings = tmp_path / "env"
    settings.write_text("REGISTRY_REPLICAS=2\nROUTER_REPLICAS=3\nARCHIVE_REPLICAS=\n")

    configured = services(f"--env-file={settings}")

    assert {name: configured[name]["scale"] for name in SERVICES} == {"registry": 2, "router": 3, "archive": 1}


def test_a_client_needs_no_other_container_and_is_a_person_with_a_directory_on_the_volume() -> None:
    me, bo = services()["client"], services(PERSON="bo")["client"]

    assert me["profiles"] == ["client"]
    assert "depends_on" not in me
    assert {"source": "people", "target": "/state"}.items() <= me["volumes"][1].items()
    assert (me["environment"]["XDG_STATE_HOME"], bo["environment"]["XDG_STATE_HOME"]) == ("/state/me", "/state/bo")


def test_the_settings_of_a_client_change_no_other_service() -> None:
    assert {**services(PERSON="bo"), "client": None} == {**services(), "client": None}


def test_the_example_of_a_file_of_settings_names_all_and_changes_nothing() -> None:
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))
    files = (ROOT / "compose.yaml", ROOT / "compose.observability.yaml")
    read = set(re.findall(r"\$\{([A-Z_]+)", "".join(path.read_text() for path in files)))

    assert named == read - {"COMPOSE_PROJECT_NAME", "PERSON"} | {"COMPOSE_FILE"}
    assert compose("--env-file=.env.example", "config", "--hash=*") == compose("config", "--hash=*")
