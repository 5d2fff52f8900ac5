"""How the client starts: its settings and its secret."""

import os
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pytest

from chat_client.errors import BadUrl, StateError
from chat_client.settings import broker_name, client_settings
from chat_client.state import author_secret
from chat_wire.settings import MissingSetting
from testkit.fullscreen_person import FullscreenPerson
from testkit.people import COMMAND

URL = "amqp://guest:password@localhost:5673/"
COLOUR = re.compile(r"\x1b\[[0-9;]*[34]8;[25];")


def test_the_name_comes_from_the_command_line_or_is_asked_for() -> None:
    assert client_settings({"AMQP_URL": URL}, ["--plain", "--name", "bot"]).name == "bot"
    assert client_settings({"AMQP_URL": URL}, []).name is None


def test_plain_and_local_time_exclude_each_other() -> None:
    with pytest.raises(SystemExit):
        client_settings({"AMQP_URL": URL}, ["--plain", "--local-time"])
    assert client_settings({"AMQP_URL": URL}, ["--local-time"]).local_time


def test_text_means_the_line_client_whose_times_are_utc() -> None:
    assert client_settings({"AMQP_URL": URL}, ["--text"]).plain
    assert not client_settings({"AMQP_URL": URL}, ["--plain"]).text
    with pytest.raises(SystemExit):
        client_settings({"AMQP_URL": URL}, ["--text", "--local-time"])


def test_a_missing_broker_url_is_named() -> None:
    with pytest.raises(MissingSetting, match="AMQP_URL"):
        client_settings({}, [])


@pytest.mark.parametrize(
    "url",
    [
        "localhost",
        "http://localhost/",
        "amqp://",
        "amqp://host:port/",
        "amqp://host:0/",
        "amqp://host:65536/",
        "amqp://a:b@[::1:5672/",
        "amqp://one/;http://two/",
    ],
)
def test_a_url_that_is_not_the_address_of_a_broker_is_refused(url: str) -> None:
    with pytest.raises(BadUrl, match="AMQP_URL"):
        client_settings({"AMQP_URL": url}, [])


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({}, "chat: AMQP_URL is not set: "),
        ({"AMQP_URL": ""}, "chat: AMQP_URL is not set: "),
        ({"AMQP_URL_FILE": "/nonexistent"}, "chat: AMQP_URL_FILE names /nonexistent, which cannot be read: "),
        ({"AMQP_URL": "http://localhost/"}, "chat: AMQP_URL is not the address of a broker: "),
        ({"AMQP_URL": URL, "XDG_STATE_HOME": "/dev/null"}, "chat: /dev/null/tertulia/author-secret cannot be used "),
    ],
)
def test_a_wrong_setting_ends_the_client_with_2_and_a_clear_error(environ: dict[str, str], complaint: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AMQP_URL")}

    done = subprocess.run(
        COMMAND, env={**kept, "LC_ALL": "C", **environ}, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 2
    assert done.stderr.startswith(complaint)
    assert done.stderr.count("\n") == 1


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        client_settings({}, ["--version"])

    assert end.value.code == 0
    assert capsys.readouterr().out == f"chat {version('chat-client')}\n"


def test_nothing_that_talks_to_rabbitmq_is_loaded_before_the_question_for_the_name() -> None:
    slow = "{'kombu', 'amqp', 'msgspec', 'importlib.metadata'}"
    loaded = (
        "import sys; before = set(sys.modules)\n"
        "import chat_client.__main__, chat_client.fullscreen.app, chat_client.line.run\n"
        f"print(sorted({slow} & (set(sys.modules) - before)))"
    )

    assert subprocess.check_output([sys.executable, "-c", loaded], text=True) == "[]\n"


def test_a_broker_is_named_without_its_password() -> None:
    assert broker_name(URL) == "localhost:5673"
    assert broker_name("amqps://user:password@one;amqps://two") == "one:5671"


def test_the_secret_is_made_once_and_then_kept(tmp_path: Path) -> None:
    directory = tmp_path / "state" / "tertulia"

    secret = author_secret(directory)

    assert len(bytes.fromhex(secret)) == 32
    assert author_secret(directory) == secret


def test_only_its_owner_can_read_the_secret(tmp_path: Path) -> None:
    author_secret(tmp_path)

    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_clients_that_start_at_the_same_time_share_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(author_secret, [tmp_path] * 64))

    assert len(secrets) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StateError, match="XDG_STATE_HOME"):
        author_secret(tmp_path / "file" / "tertulia")


@pytest.mark.parametrize("damaged", [b"damaged", b"\xff" * 64])
def test_a_damaged_secret_is_not_replaced(tmp_path: Path, damaged: bytes) -> None:
    author_secret(tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damaged)

    with pytest.raises(StateError, match="does not hold"):
        author_secret(tmp_path)
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(("value", "coloured"), [("", True), ("1", False)])
def test_a_no_color_that_is_not_empty_removes_the_colours(tmp_path: Path, value: str, coloured: bool) -> None:
    ann = FullscreenPerson("amqp://client:x@127.0.0.1:9/", tmp_path, NO_COLOR=value)
    ann.sees("Choose your name")

    assert bool(COLOUR.search(ann.raw)) == coloured
