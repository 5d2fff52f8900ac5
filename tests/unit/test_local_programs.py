"""The configuration of supervisor: a section changes only if its process has to be replaced."""

import json
from pathlib import Path

import pytest

from local import programs

SETTINGS = {"LOG_LEVEL": "DEBUG", "POSTS_PER_SECOND": "5", "SHELL": "/bin/sh"}


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a checkout with one module of each kind, and one secret for each service."""
    for file in (
        "requirements.txt",
        "libs/worker/runtime.py",
        "services/router/service.py",
        "services/registry/service.py",
        ".run/secrets/router/amqp_url",
        ".run/secrets/registry/amqp_url",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def section(instance: str) -> str:
    return programs.service(instance, SETTINGS, 9100)


@pytest.mark.parametrize(
    "file", ["libs/worker/runtime.py", "services/router/service.py", ".run/secrets/router/amqp_url", "requirements.txt"]
)
def test_changed_code_and_changed_secrets_replace_a_replica(checkout: Path, file: str) -> None:
    before = section("router-1")
    (checkout / file).write_text("changed")
    assert section("router-1") != before


def test_code_and_settings_of_another_service_do_not_replace_a_replica(checkout: Path) -> None:
    before = section("registry-1")
    (checkout / "services/router/service.py").write_text("changed")
    assert programs.service("registry-1", {**SETTINGS, "POSTS_PER_SECOND": "6"}, 9100) == before


def test_a_service_gets_its_settings_and_nothing_else_of_the_shell() -> None:
    assert 'LOG_LEVEL="DEBUG",POSTS_PER_SECOND="5"' in section("router-1")
    assert "POSTS_PER_SECOND" not in section("registry-1")
    assert "SHELL" not in section("router-1")


def test_an_empty_setting_counts_as_not_set() -> None:
    assert programs.service("router-1", {"LOG_LEVEL": ""}, 9100) == programs.service("router-1", {}, 9100)


def test_the_sections_can_be_read_back() -> None:
    sections = {"broker": programs.broker(5673), "router-1": section("router-1")}
    programs.write(sections.values())
    assert programs.written() == sections


def test_a_broker_with_the_same_command_keeps_its_section_of_an_older_version() -> None:
    older = programs.broker(5673).replace("startsecs = 10\n", "")
    assert programs.broker(5673, older) == older
    assert programs.broker(5683, older) == programs.broker(5683)


def test_a_replica_keeps_the_port_of_its_metrics_and_a_new_one_gets_another() -> None:
    first = programs.metrics_ports(["router-1"], {})
    present = {"router-1": programs.service("router-1", {}, first["router-1"]), "registry-1": "of an older version"}

    both = programs.metrics_ports(["registry-1", "router-1"], present)

    assert both["router-1"] == first["router-1"] != both["registry-1"] > 0


def test_prometheus_finds_the_metrics_of_each_replica_in_a_file() -> None:
    programs.write_targets({"broker": 5677, "registry-1": 9101, "router-2": 9102})

    assert json.loads(Path(".run/targets.json").read_text()) == [
        {"targets": ["127.0.0.1:5677"], "labels": {"service": "broker", "instance": "broker"}},
        {"targets": ["127.0.0.1:9101"], "labels": {"service": "registry", "instance": "registry-1"}},
        {"targets": ["127.0.0.1:9102"], "labels": {"service": "router", "instance": "router-2"}},
    ]
