"""`docker compose up` of this version on a chat of the version before; runs only with TEST_COMPOSE=1.

The commands are those of docs/how-to/upgrade.md.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testkit.guide import commands
from testkit.rabbitmq import free_ports
from tests.upgrade import previous
from tests.upgrade.contained import ContainedChat
from tests.upgrade.definitions import missing
from tests.upgrade.traffic import REPLICAS, SETTINGS, Upgrade, unexpected, violations

SCALE = [f"--scale={service}={count}" for service, count in REPLICAS.items()]

pytestmark = [
    pytest.mark.skipif("TEST_COMPOSE" not in os.environ, reason="TEST_COMPOSE is not set"),
    pytest.mark.timeout(600),
]


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[ContainedChat]:
    """Start a chat of the version before, and remove it in the end."""
    started = ContainedChat(previous.unpack(tmp_path / "tree"), "chat-upgrade", free_ports())
    (started.tree / ".env").write_text(f"AMQP_PORT={started.port}\n")
    try:
        started.compose("up", "--build", "--detach", "--wait", *SCALE)
        started.compose("build", "client")  # the test before has left that of this version
        yield started
    finally:
        started.remove()


def test_compose_up_upgrades_all_at_once(
    chat: ContainedChat, old: Path, tmp_path: Path, say: Callable[[str], None]
) -> None:
    _upgraded(chat, old, tmp_path / "histories", commands("upgrade.md", "replaces all replicas at once"), say)


def test_new_containers_replace_old_ones_replica_by_replica(
    chat: ContainedChat, old: Path, tmp_path: Path, say: Callable[[str], None]
) -> None:
    _upgraded(chat, old, tmp_path / "histories", commands("upgrade.md", "beside the old ones"), say)


def _upgraded(chat: ContainedChat, old: Path, histories: Path, how: str, say: Callable[[str], None]) -> None:
    """Upgrade a chat under traffic, and assert that nothing got lost and that everything is of this version."""
    images = chat.images()

    def run() -> None:
        clients = chat.containers("client")
        previous.replace_files(chat.tree)
        with (chat.tree / ".env").open("a") as settings:
            settings.write(SETTINGS)
        chat.shell(how)
        chat.shell(commands("upgrade.md", "build the client"))
        assert chat.containers("client") == clients

    report = violations(Upgrade(chat, old, chat, chat, run), histories, say)
    assert not report, report  # pytest cuts a long text in its own message
    assert {service: len(chat.containers(service)) for service in REPLICAS} == REPLICAS
    assert not chat.images() & images
    assert not list(missing(chat.definitions(), chat.rabbitmqctl))
    assert not unexpected(chat.errors())
