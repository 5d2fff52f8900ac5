"""The checks before a commit and in CI are those of `make lint` and `.ci/run`."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_pre_commit_hooks_are_the_checks_of_make_lint() -> None:
    (checks,) = re.findall(r"^CHECKS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    hooks = re.findall(r"^ +entry: make --silent (.*)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    assert hooks == checks.split()


def test_make_chat_passes_arguments_to_the_client() -> None:
    command = ["make", "-n", "-o", ".venv/ready", "-o", "rabbitmq", "chat", "ARGS=--local-time --name ana"]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "/chat --local-time --name ana\n" in planned


def test_the_workflow_only_calls_ci_run() -> None:
    workflow = (ROOT / ".github/workflows/ci.yaml").read_text()
    assert re.findall(r"^ +- (run|uses): (\S.*)$", workflow, re.MULTILINE) == [
        ("uses", "actions/checkout@v4"),
        ("run", "sudo .ci/run"),
    ]


def test_the_workflow_has_the_history_for_the_upgrade_tests() -> None:
    workflow = (ROOT / ".github/workflows/ci.yaml").read_text()
    assert re.search(r"uses: actions/checkout@v4\n +with:\n +fetch-depth: 0\b", workflow)
