"""What `chat-admin init` makes."""

import base64
import hashlib
import json
import stat
from pathlib import Path

from chat_admin.definitions import Retention, password_hash
from chat_admin.initialise import initialise
from chat_wire.tokens import Claims, mint, verify

RETENTION = Retention(10_000_000_000, "365D")


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
    assert changed == {f"{user}/amqp_url" for user in ("registry", "router", "archive", "client", "admin")}


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


def test_a_run_that_was_cut_short_is_completed(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    before = contents(tmp_path)
    (tmp_path / "broker" / "definitions.json").unlink()
    (tmp_path / "archive" / "token_public_key").unlink()
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert contents(tmp_path) == before


def test_no_secret_is_readable_by_others(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_file()} == {0o640}


def test_router_and_archive_can_verify_what_the_registry_mints(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    claims = Claims(session="s", name="n", author="a", partition=3, expires=2_000_000_000_000_000)
    token = mint(claims, (tmp_path / "registry" / "token_private_key").read_text())
    for reader in ("router", "archive"):
        assert verify(token, (tmp_path / reader / "token_public_key").read_text(), now=0) == claims


def test_no_password_is_in_the_definitions_and_none_is_used_twice(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    definitions = (tmp_path / "broker" / "definitions.json").read_text()
    urls = [path.read_text() for path in tmp_path.glob("*/amqp_url")]
    passwords = {url.split(":")[2].split("@")[0] for url in urls}
    assert len(passwords) == len(urls)
    assert not any(password in definitions for password in passwords)


def test_no_user_has_a_tag_as_no_one_needs_the_management_interface(tmp_path: Path) -> None:
    initialise(tmp_path, ["rabbitmq"], 5672, RETENTION)
    users = json.loads((tmp_path / "broker" / "definitions.json").read_text())["users"]
    assert [user["tags"] for user in users] == [[]] * 5


def test_a_hash_is_the_salt_and_then_the_digest_of_salt_and_password() -> None:
    decoded = base64.b64decode(password_hash("secret"))
    salt, digest = decoded[:4], decoded[4:]
    assert digest == hashlib.sha256(salt + b"secret").digest()
