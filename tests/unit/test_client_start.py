"""How the client starts: its settings and its secret."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat_client.errors import BadUrl, StateError
from chat_client.settings import broker_name, client_settings
from chat_client.state import author_secret
from chat_wire.settings import MissingSetting
from testkit.fullscreen_person import FullscreenPerson

URL = "amqp://guest:password@localhost:5673/"
COLOUR = re.compile(r"\x1b\[[0-9;]*[34]8;[25];")


def test_the_name_comes_from_the_command_line_or_is_asked_for() -> None:
    assert client_settings({"AMQP_URL": URL}, ["--plain", "--name", "bot"]).name == "bot"
    assert client_settings({"AMQP_URL": URL}, []).name is None


def test_plain_lines_have_no_local_time() -> None:
    with pytest.raises(SystemExit):
        client_settings({"AMQP_URL": URL}, ["--plain", "--local-time"])
    assert client_settings({"AMQP_URL": URL}, ["--local-time"]).local_time


def test_without_a_broker_s_url_the_setting_is_named() -> None:
    with pytest.raises(MissingSetting, match="AMQP_URL"):
        client_settings({}, [])


@pytest.mark.parametrize(
    "url", ["localhost", "http://localhost/", "amqp://", "amqp://host:port/", "amqp://a:b@[::1:5672/"]
)
def test_a_url_that_names_no_broker_is_refused(url: str) -> None:
    with pytest.raises(BadUrl, match="AMQP_URL"):
        client_settings({"AMQP_URL": url}, [])


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


def test_clients_that_start_at_once_end_up_with_one_secret(tmp_path: Path) -> None:
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
def test_colours_are_left_out_for_who_sets_no_color_to_something(tmp_path: Path, value: str, coloured: bool) -> None:
    ann = FullscreenPerson("amqp://client:x@127.0.0.1:9/", tmp_path, NO_COLOR=value)
    ann.sees("Choose your name")

    assert bool(COLOUR.search(ann.raw)) == coloured
