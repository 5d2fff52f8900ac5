"""`make up` of this version on a chat of the version before, under traffic."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chat_wire.messages import Granted
from testkit.chatter import Chatter
from testkit.former import FormerChatter
from testkit.guide import commands
from testkit.processes import whole_lines
from testkit.rabbitmq import free_ports
from testkit.wait import until
from tests.upgrade import previous
from tests.upgrade.definitions import missing
from tests.upgrade.made import LineClients, MadeChat
from tests.upgrade.traffic import REPLICAS, SETTINGS, Upgrade, unexpected, violations

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tree in which each chat runs, as a virtual environment knows its path."""
    return tmp_path_factory.mktemp("chat") / "tree"


@pytest.fixture
def chat(place: Path) -> Iterator[MadeChat]:
    """Start a chat of the version before, and stop it in the end."""
    installed = place.with_name("venv")
    shutil.rmtree(place, ignore_errors=True)
    previous.unpack(place)
    if installed.exists():  # the chats share one installation of the version before
        shutil.copytree(installed, place / ".venv", symlinks=True)
    started = MadeChat(place, free_ports())
    started.make(".venv/ready")
    if not installed.exists():
        shutil.copytree(place / ".venv", installed, symlinks=True)
    try:
        started.make("up", AMQP_PORT=started.port, **{name.upper(): count for name, count in REPLICAS.items()})
        _all_run(started)
        yield started
    finally:
        started.make("down")


def test_make_up_replaces_replica_by_replica(
    chat: MadeChat, old: Path, tmp_path: Path, say: Callable[[str], None]
) -> None:
    before = chat.processes()

    def upgrade() -> None:
        previous.replace_files(chat.tree)
        (chat.tree / ".env").write_text(SETTINGS)
        chat.make("up")

    report = violations(_of(chat, old, tmp_path, upgrade), tmp_path / "histories", say)
    assert not report, report  # pytest cuts a long text in its own message
    _all_of_this_version(chat, before)
    assert chat.processes()["broker"] == before["broker"]


def test_make_down_and_up_upgrade_all_at_once(
    chat: MadeChat, old: Path, tmp_path: Path, say: Callable[[str], None]
) -> None:
    before = chat.processes()

    def upgrade() -> None:
        previous.replace_files(chat.tree)
        (chat.tree / ".env").write_text(SETTINGS)
        chat.make("down")
        chat.make("up")

    report = violations(_of(chat, old, tmp_path, upgrade), tmp_path / "histories", say)
    assert not report, report  # pytest cuts a long text in its own message
    _all_of_this_version(chat, before)


def test_an_operator_goes_back_with_the_backup(chat: MadeChat, old: Path, tmp_path: Path) -> None:
    with closing(FormerChatter(chat.url("client"))) as ana:
        assert isinstance(ana.claim("ana"), Granted)
        ana.post("before the upgrade")
        until(lambda: _recorded(chat) == ["before the upgrade"])
    chat.shell(_backup_commands("#back-up-and-restore). With `make`:", tmp_path))
    previous.replace_files(chat.tree)
    chat.make("up")
    with closing(Chatter(chat.url("client"))) as bob:
        assert isinstance(bob.claim("bob"), Granted)
        bob.post("after the upgrade")
        until(lambda: _recorded(chat) == ["before the upgrade", "after the upgrade"])

    chat.make("down")
    previous.bring_back_files(chat.tree, old)
    chat.shell(_backup_commands("does not find its streams at another one. With\n`make`:", tmp_path))

    assert _recorded(chat) == ["before the upgrade"]
    with (
        closing(FormerChatter(chat.url("client"))) as bob,
        closing(FormerChatter(chat.url("client"), ana.secret)) as ana,
    ):
        assert isinstance(bob.claim("bob"), Granted)
        assert bob.claim("ana").reason == "name_taken"
        assert isinstance(ana.claim("ana"), Granted)
        ana.join()
        bob.post("again")
        ana.hear(lambda: [text for _, text in ana.heard()] == ["before the upgrade", "again"])


def _backup_commands(before: str, directory: Path) -> str:
    """Return the commands that follow a text in the guide of backups, with another directory for the backup."""
    return commands("back-up-and-restore.md", before).replace("/backup", str(directory))


def _recorded(chat: MadeChat) -> list[str]:
    return [line["text"] for line in whole_lines(chat.data / "log.txt")]


def _of(chat: MadeChat, old: Path, directory: Path, run: Callable[[], None]) -> Upgrade:
    states = directory / "states"
    return Upgrade(chat, old, LineClients(chat, states, old), LineClients(chat, states), run)


def _all_run(chat: MadeChat) -> dict[str, int]:
    """Wait until supervisor calls the broker and all replicas running, after 10 s, and return their process IDs."""
    many = 1 + sum(REPLICAS.values())
    return until(lambda: len(found := chat.processes()) == many and found, 30, "the broker and all replicas run") or {}


def _all_of_this_version(chat: MadeChat, before: dict[str, int]) -> None:
    now = _all_run(chat)
    assert now.keys() == before.keys()
    assert not {name for name in now if now[name] == before[name]} - {"broker"}
    assert not list(missing(chat.definitions(), chat.rabbitmqctl))
    until(lambda: "All is well" in chat.make("status"), 30, "the monitor of this version sees that all is well")
    assert not unexpected(chat.errors())
