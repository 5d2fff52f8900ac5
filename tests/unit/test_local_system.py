"""The script behind `make up` and `make down`."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import node, programs, system
from testkit.metrics import free_port
from testkit.wait import until

ROOT = Path(__file__).resolve().parent.parent.parent
WITHOUT_PACKAGES = """
import runpy, sys
for package in ("chat_wire", "chat_amqp", "chat_tokens", "chat_worker"):
    sys.modules[package] = None
sys.argv = ["system", "--help"]
runpy.run_module("local.system", run_name="__main__")
"""


def test_it_starts_before_the_packages_of_a_new_version_are_installed() -> None:
    """After `git pull`, `make down` still has the packages that the old version installed."""
    process = subprocess.run([sys.executable, "-c", WITHOUT_PACKAGES], cwd=ROOT, capture_output=True, text=True)

    assert (process.returncode, process.stderr) == (0, "")
    assert "down" in process.stdout


@pytest.fixture
def dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a directory with a file of settings."""
    for name in ("ROUTER_REPLICAS", "LOG_LEVEL", "AMQP_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("ROUTER_REPLICAS=3\nLOG_LEVEL=\n# AMQP_PORT=5683\n")


@pytest.mark.usefixtures("dotenv")
def test_settings_come_from_the_file_and_an_empty_one_counts_as_not_set() -> None:
    settings = system.settings()
    assert settings["ROUTER_REPLICAS"] == "3"
    assert not {"LOG_LEVEL", "AMQP_PORT"} & settings.keys()


@pytest.mark.usefixtures("dotenv")
def test_a_variable_of_the_shell_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_REPLICAS", "2")
    assert system.settings()["ROUTER_REPLICAS"] == "2"


def test_a_number_on_the_command_line_goes_before_the_settings() -> None:
    settings = {"ROUTER_REPLICAS": "3"}
    given = {"registry": None, "router": None, "archive": 2}
    assert system.replicas(given, settings) == {"registry": 1, "router": 3, "archive": 2}
    assert system.replicas({"router": 0}, settings) == {"router": 0}


def test_a_number_of_replicas_that_is_none_is_refused() -> None:
    with pytest.raises(SystemExit, match="ROUTER_REPLICAS is 'many': set it to a whole number"):
        system.replicas({"router": None}, {"ROUTER_REPLICAS": "many"})


@pytest.mark.parametrize("port", ["0", "65533", "700000"])
def test_a_port_that_does_not_exist_is_refused(port: str) -> None:
    with pytest.raises(SystemExit, match=r"AMQP_PORT is [0-9]+: set it to a number from 1 to 65531"):
        system.up({}, None, {"AMQP_PORT": port})


@pytest.fixture
def supervised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Run a supervisor, and yield its sections."""
    monkeypatch.chdir(tmp_path)
    programs.RUN.mkdir()
    sections = {"archive-1": "\n[program:archive-1]\ncommand = sleep 60\nstartsecs = 0\n"}
    programs.write(sections.values())
    subprocess.run([system.BIN / "supervisord", "-c", programs.CONFIG], check=True)
    yield sections
    _supervisorctl("shutdown")


def _supervisorctl(*command: str) -> str:
    asked = [str(system.BIN / "supervisorctl"), "-c", str(programs.CONFIG), *command]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def test_a_replica_that_a_wrong_setting_stopped_starts_again_at_the_next_up(
    supervised: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have corrected the file that a setting names, which changes no section."""
    monkeypatch.setattr(system, "_wait_until_ready", lambda _instances: None)
    _supervisorctl("stop", "archive-1")
    system._start_services(supervised, {"broker": "", **supervised})
    assert "RUNNING" in _supervisorctl("status", "archive-1")


def test_a_broker_that_was_stopped_by_hand_starts_again_at_the_next_up(
    supervised: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "prepare", lambda *_: None)
    present = {**supervised, "broker": "\n[program:broker]\ncommand = sleep 60\nstartsecs = 0\n"}
    system._start_broker(5673, present, running=True)
    _supervisorctl("stop", "broker")
    system._start_broker(5673, present, running=True)
    assert "RUNNING" in _supervisorctl("status", "broker")


def test_a_port_mapper_that_outlives_the_node_ends() -> None:
    port = free_port()
    subprocess.run(["epmd", "-daemon", "-address", "127.0.0.1", "-port", str(port)], check=True)
    until(lambda: _answers(port), 10, "the port mapper answers")
    node.end_port_mapper(port - 3)
    until(lambda: not _answers(port), 10, "the port is free")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_up_says_for_what_it_waits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    problems = iter(["not ready: the broker is in alarm", None])
    monkeypatch.setattr(system, "_problem_after", lambda *_: next(problems))
    monkeypatch.setattr(system, "_keeps_exiting", lambda _instance: False)
    monkeypatch.setattr(system, "TELL_SECONDS", -1)

    system._wait_until_ready(["router-1"])

    assert capsys.readouterr().out == "waiting for router-1: not ready: the broker is in alarm\n"
