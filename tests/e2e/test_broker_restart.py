"""The broker is killed and restarted while people write."""

import subprocess
from pathlib import Path

import pytest

from testkit.people import COMMAND, environment
from testkit.processes import System, system_in
from testkit.rabbitmq import running_node
from testkit.wait import until

NAMES = ("ann", "bob", "eve")
LINES = 600


def start_writer(system: System, name: str, tmp_path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "--plain", "--name", name],
        stdin=subprocess.PIPE,
        stdout=(tmp_path / f"{name}.out").open("w"),
        stderr=(tmp_path / f"{name}.err").open("w"),
        text=True,
        env=environment(system.url("client"), tmp_path / name),
    )


def write(writer: subprocess.Popen[str], name: str, first: int, last: int) -> None:
    assert writer.stdin
    writer.stdin.writelines(f"{name} {n}\n" for n in range(first, last))
    writer.stdin.flush()


def recorded(system: System) -> list[str]:
    return [line["text"] for line in system.recorded()]


@pytest.mark.timeout(300)
def test_a_broker_killed_under_load_and_restarted_loses_no_message(secrets_dir: Path, tmp_path: Path) -> None:
    directory = tmp_path / "node"
    directory.mkdir()
    with running_node(directory) as node, system_in(node.broker(secrets_dir), "/", tmp_path) as system:
        services = system.all()
        writers = {name: start_writer(system, name, tmp_path) for name in NAMES}
        for name, writer in writers.items():
            write(writer, name, 0, LINES // 2)
        until(lambda: len(recorded(system)) > 20, 30, "the first messages are recorded")

        node.kill()
        for name, writer in writers.items():
            write(writer, name, LINES // 2, LINES)
        until(lambda: all(service.lines("broker.lost") for service in services), 30, "the services have noticed")
        node.start()

        for name, writer in writers.items():
            assert writer.stdin
            writer.stdin.close()
            assert writer.wait(90) == 0, (tmp_path / f"{name}.err").read_text()
        until(lambda: len(recorded(system)) >= LINES * len(NAMES), 30, "log.txt has everything")
        texts = recorded(system)
        for name in NAMES:
            said = [f"{name} {n}" for n in range(LINES)]
            assert [text for text in texts if text.startswith(name)] == said
            shown = (tmp_path / f"{name}.out").read_text().splitlines()
            assert [line.partition(": ")[2] for line in shown if f"] {name}: " in line] == said
