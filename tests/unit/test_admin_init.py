"""The files that `chat-admin init` creates."""

import base64
import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chat_admin.definitions import MIN_ROOM_BYTES, Retention, password_hash
from chat_admin.initialise import initialise
from chat_amqp.policies import QUEUE_POLICIES
from chat_tokens.tokens import Claims, mint, verify

RETENTION = Retention(10_000_000_000, "365D")


def init(directory: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chat_admin", "init", str(directory)]
    return subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "settings",
    [
        {"ROOM_MAX_AGE": "1 year"},
        {"ROOM_MAX_AGE": "0D"},
        {"ROOM_MAX_AGE_FILE": "/not/there"},
        {"ROOM_MAX_BYTES": "10GB"},
        {"ROOM_MAX_BYTES": "-1"},
        {"ROOM_MAX_BYTES": str(MIN_ROOM_BYTES - 1)},
        {"LOG_LEVEL": "LOUD"},
        {"POSTS_PER_SECOND": "many"},
        {"TOKEN_SECONDS": "19"},
        {"INDEX_URL": "mysql://localhost/chat"},
        {"ROUTER_REPLICAS": "-1"},
    ],
)
def test_a_wrong_setting_of_any_program_is_refused_before_a_file_is_written(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    done = init(tmp_path / "secrets", **settings)
    assert (done.returncode, done.stderr.count("\n"), next(iter(settings)) in done.stderr) == (2, 1, True), done
    assert not (tmp_path / "secrets").exists()


def assert_cannot_write_to(directory: Path) -> None:
    done = init(directory)
    assert (done.returncode, done.stderr.count("\n"), str(directory) in done.stderr) == (2, 1, True), done


def test_a_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets").touch()
    assert_cannot_write_to(tmp_path / "secrets")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to every directory")
def test_a_directory_without_write_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert_cannot_write_to(tmp_path)


def test_rooms_have_the_retention_of_the_settings(tmp_path: Path) -> None:
    done = init(tmp_path, ROOM_MAX_AGE="36h", ROOM_MAX_BYTES=str(MIN_ROOM_BYTES))
    assert done.returncode == 0, done.stderr
    policies = json.loads((tmp_path / "broker" / "definitions.json").read_text())["policies"]
    (rooms,) = (policy["definition"] for policy in policies if policy["name"] == "rooms")
    assert (rooms["max-age"], rooms["max-length-bytes"]) == ("36h", MIN_ROOM_BYTES)
    assert rooms["stream-max-segment-size-bytes"] == MIN_ROOM_BYTES // 10


@pytest.mark.parametrize("unset", [{}, {"ROOM_MAX_AGE": "", "ROOM_MAX_BYTES": ""}])
def test_a_retention_that_is_not_set_stays_as_it_was(tmp_path: Path, unset: dict[str, str]) -> None:
    """A shell that lacks the settings must not bring the defaults back."""
    init(tmp_path, ROOM_MAX_AGE="36h", ROOM_MAX_BYTES=str(MIN_ROOM_BYTES))
    before = contents(tmp_path)
    assert init(tmp_path, **unset).returncode == 0
    assert contents(tmp_path) == before


def test_other_queues_have_a_fixed_retention(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    policies = json.loads((tmp_path / "broker" / "definitions.json").read_text())["policies"]
    bounds = {
        each["pattern"]: {key: value for key, value in each["definition"].items() if key.startswith("max-")}
        for each in policies
        if each["name"] not in {policy.name for policy in QUEUE_POLICIES}
    }
    assert bounds == {
        r"^room\.": {"max-length-bytes": 10_000_000_000, "max-age": "365D"},
        r"^registry\.journal$": {"max-length-bytes": 256_000_000},
        r"^registry\.snapshots$": {"max-length-bytes": 512_000_000},
        r"^sessions\.ended$": {"max-age": "2D"},
        r"^workers\.health$": {"max-age": "10m"},
        r"^dead-letters$": {"max-length-bytes": 1_000_000_000},
    }


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    before = contents(tmp_path)
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert contents(tmp_path) == before


def test_another_port_changes_urls_but_no_password(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    before = contents(tmp_path)
    initialise(tmp_path, ["rabbitmq"], 5673, RETENTION)
    changed = {path for path, content in contents(tmp_path).items() if content != before[path]}
    assert changed == {f"{user}/amqp_url" for user in ("registry", "router", "archive", "client", "admin", "monitor")}
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION, 15673)
    changed = {path for path, content in contents(tmp_path).items() if content != before[path]}
    assert changed == {"monitor/management_url"}


def test_a_cluster_has_a_url_for_each_node_the_same_passwords_and_one_cookie(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    before = contents(tmp_path)
    initialise(tmp_path, ["rabbitmq", "rabbitmq-2"], 5672, RETENTION)
    after = contents(tmp_path)
    first = before["client/amqp_url"].strip()
    assert after["client/amqp_url"] == first + b";" + first.replace(b"@rabbitmq:", b"@rabbitmq-2:") + b"\n"
    assert after["broker/erlang_cookie"] == before["broker/erlang_cookie"]
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert contents(tmp_path) == before


def test_a_second_run_completes_one_that_was_interrupted(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    before = contents(tmp_path)
    (tmp_path / "broker" / "definitions.json").unlink()
    (tmp_path / "archive" / "token_public_key").unlink()
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert contents(tmp_path) == before


def test_services_know_the_broker_by_one_id_that_a_new_broker_changes(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    (tmp_path / "broker" / "applied.json").touch()
    first = identity_of(tmp_path)
    done = subprocess.run([sys.executable, "-m", "chat_admin", "new-broker", str(tmp_path)], check=False)
    assert done.returncode == 0
    assert not (tmp_path / "broker" / "applied.json").exists()
    second = identity_of(tmp_path)
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert identity_of(tmp_path) == second != first


def identity_of(directory: Path) -> str:
    """Return the ID of the broker, which each service and the definitions of the identity have."""
    (exchange,) = json.loads((directory / "broker" / "identity.json").read_text())["exchanges"]
    name = str(exchange["name"]).removeprefix("chat.identity.")
    assert {(directory / each / "broker_id").read_text() for each in ("registry", "router", "archive")} == {f"{name}\n"}
    assert exchange["internal"]  # nobody can publish to it
    return name


def test_only_owner_and_group_can_read_a_secret(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_file()} == {0o640}


def test_router_and_archive_can_verify_the_tokens_of_the_registry(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    claims = Claims(session="s", name="n", author="a", partition=3, expires=2_000_000_000_000_000)
    token = mint(claims, (tmp_path / "registry" / "token_private_key").read_text())
    for reader in ("router", "archive"):
        assert verify(token, (tmp_path / reader / "token_public_key").read_text(), now=0) == claims


def test_the_definitions_hold_no_password_and_each_user_has_its_own(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    definitions = (tmp_path / "broker" / "definitions.json").read_text()
    urls = [path.read_text() for path in tmp_path.glob("*/amqp_url")]
    passwords = {url.split(":")[2].split("@")[0] for url in urls}
    assert len(passwords) == len(urls)
    assert not any(password in definitions for password in passwords)


def test_only_the_monitor_may_use_the_management_interface_with_the_password_that_it_has_for_amqp(
    tmp_path: Path,
) -> None:
    initialise(tmp_path, ["rabbitmq", "rabbitmq-2"], 5672, RETENTION)
    users = json.loads((tmp_path / "broker" / "definitions.json").read_text())["users"]
    assert {user["name"]: user["tags"] for user in users if user["tags"]} == {"monitor": ["monitoring"]}
    amqp, management = ((tmp_path / "monitor" / name).read_text() for name in ("amqp_url", "management_url"))
    as_amqp = amqp.replace("amqp:", "http:").replace(":5672/%2F", ":15672/")
    assert management == as_amqp


def test_a_password_hash_is_the_salt_and_the_digest_of_salt_and_password() -> None:
    decoded = base64.b64decode(password_hash("secret"))
    salt, digest = decoded[:4], decoded[4:]
    assert digest == hashlib.sha256(salt + b"secret").digest()


OLD_URL = "amqp://client:of-all-clients@rabbitmq:5672/%2F\n"


def made_by_the_version_before(directory: Path) -> None:
    """Leave the files of an installation of 0.3.0 as far as they matter here."""
    initialise(directory, ["rabbitmq"], 5672, RETENTION)
    (directory / "client" / "amqp_url").write_text(OLD_URL)


def users(directory: Path) -> set[str]:
    """Return the users that the broker gets, whose permissions must be those of the same users."""
    definitions = json.loads((directory / "broker" / "definitions.json").read_text())
    names = {each["name"] for each in definitions["users"]}
    assert names == {each["user"] for each in definitions["permissions"]}
    return names


def test_a_new_installation_has_no_user_of_former_clients(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert "client" not in users(tmp_path)
    assert not (tmp_path / "former-client").exists()
    assert (tmp_path / "monitor" / "former_clients").read_text() == ""
    assert (tmp_path / "client" / "amqp_url").read_text().startswith("amqp://entrance:")


def test_an_installation_of_the_version_before_keeps_the_password_of_its_clients_and_hands_out_another(
    tmp_path: Path,
) -> None:
    made_by_the_version_before(tmp_path)
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert (tmp_path / "former-client" / "amqp_url").read_text() == OLD_URL
    assert "of-all-clients" not in (tmp_path / "client" / "amqp_url").read_text()
    assert {"client", "entrance"} <= users(tmp_path)
    assert (tmp_path / "monitor" / "former_clients").read_text() == "open\n"
    before = contents(tmp_path)
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("left", ["both", "neither"])
def test_a_run_that_was_interrupted_while_it_moved_the_password_is_completed(tmp_path: Path, left: str) -> None:
    made_by_the_version_before(tmp_path)
    (tmp_path / "former-client").mkdir()
    (tmp_path / "former-client" / "amqp_url").write_text(OLD_URL)
    if left == "neither":
        (tmp_path / "client" / "amqp_url").unlink()
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert (tmp_path / "former-client" / "amqp_url").read_text() == OLD_URL
    assert (tmp_path / "client" / "amqp_url").read_text().startswith("amqp://entrance:")


@pytest.mark.parametrize("started", [True, False])
def test_retired_clients_do_not_come_back(tmp_path: Path, *, started: bool) -> None:
    made_by_the_version_before(tmp_path)
    if started:
        initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    done = subprocess.run([sys.executable, "-m", "chat_admin", "retire-clients", str(tmp_path)], check=False)
    assert done.returncode == 0
    for _ in range(2):
        initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
        assert "client" not in users(tmp_path)
        assert (tmp_path / "monitor" / "former_clients").read_text() == ""
        assert "of-all-clients" not in "".join(path.read_text() for path in tmp_path.rglob("*url"))
