"""Each program checks its settings when it starts: it names the wrong one, says what to do, and exits with status 2."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chat_admin.definitions import retention_in
from chat_amqp.settings import broker_url
from chat_archive.settings import archive_settings
from chat_registry.settings import registry_settings
from chat_router.settings import router_settings
from chat_wire.limits import MAX_INT64
from chat_wire.settings import InvalidSetting, MissingSetting, SettingError, choice, number, setting
from chat_worker.settings import worker_settings

Environ = dict[str, str]


def public_pem(key: Ed25519PrivateKey | X25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(key: Ed25519PrivateKey | X25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEY = Ed25519PrivateKey.generate()
OTHER_KIND = X25519PrivateKey.generate()


@pytest.fixture
def environ(tmp_path: Path) -> Environ:
    """Return settings with which every program starts."""
    return {
        "AMQP_URL": "amqp://user:hush@127.0.0.1:1/",
        "INSTANCE": "replica-1",
        "HEALTH_FILE": str(tmp_path / "health.json"),
        "LOG_LEVEL": "INFO",
        "TOKEN_PUBLIC_KEY": public_pem(KEY),
        "TOKEN_PRIVATE_KEY": private_pem(KEY),
        "POSTS_PER_SECOND": "0",
        "DATA_DIR": str(tmp_path),
        "ROOM_MAX_BYTES": "10000000000",
        "ROOM_MAX_AGE": "365D",
    }


def read_all(environ: Mapping[str, str]) -> tuple[object, ...]:
    """Read the settings of every program."""
    return (
        worker_settings(environ, "router"),
        registry_settings(environ, "replica-1"),
        router_settings(environ, "replica-1"),
        archive_settings(environ, "replica-1"),
        retention_in(environ),
    )


WRONG = [
    ("AMQP_URL", "http://broker/"),
    ("AMQP_URL", "127.0.0.1:5672"),
    ("AMQP_URL", "amqp:broker"),
    ("AMQP_URL", "amqp://user:hush@broker:port/"),
    ("AMQP_URL", "amqp://user:hush/hush@broker:5672/"),
    ("AMQP_URL", "amqp://user:hush@broker:99999/"),
    ("AMQP_URL", "amqp://[::1/"),
    ("AMQP_URL", "amqp://broker/;http://broker/"),
    ("AMQP_URL", "amqp://broker/;"),
    ("AMQP_URL", "amqp://broker/?no_such_parameter=1"),
    ("AMQP_URL", "amqp://broker/?heartbeat=often"),
    ("BROKER_ID", "0123"),
    ("BROKER_ID", "0123456789ABCDEF"),
    ("INSTANCE", "two\nlines"),
    ("INSTANCE", "\udcff"),
    ("INSTANCE", "x" * 256),
    ("HEALTH_FILE", "/no/such/directory/health.json"),
    ("HEALTH_FILE", "/dev/null"),
    ("HEALTH_FILE", "/dev/null/health.json"),
    ("HEALTH_FILE", "/tmp"),
    ("HEALTH_FILE", "/tmp/" + "x" * 300),
    ("LOG_LEVEL", "LOUD"),
    ("LOG_LEVEL", "10"),
    ("LOG_LEVEL", "NOTSET"),
    ("TOKEN_PUBLIC_KEY", "no key"),
    ("TOKEN_PUBLIC_KEY", "ñ\udcff"),
    ("TOKEN_PUBLIC_KEY", private_pem(KEY)),
    ("TOKEN_PUBLIC_KEY", public_pem(OTHER_KIND)),
    ("TOKEN_PRIVATE_KEY", "no key"),
    ("TOKEN_PRIVATE_KEY", "ñ\udcff"),
    ("TOKEN_PRIVATE_KEY", public_pem(KEY)),
    ("TOKEN_PRIVATE_KEY", private_pem(OTHER_KIND)),
    ("POSTS_PER_SECOND", "-1"),
    ("POSTS_PER_SECOND", "many"),
    ("POSTS_PER_SECOND", "1.5"),
    ("POSTS_PER_SECOND", "²"),
    ("POSTS_PER_SECOND", "9" * 400),
    ("POSTS_PER_SECOND", "9" * 5000),
    ("METRICS_PORT", "65536"),
    ("METRICS_PORT", "http"),
    ("DATA_DIR", "/no/such/directory"),
    ("DATA_DIR", "/dev/null"),
    ("DATA_DIR", "/tmp/" + "x" * 300),
    ("INDEX_URL", "a file"),
    ("INDEX_URL", "postgresql+psycopg://broker:port/chat"),
    ("INDEX_URL", "mysql://localhost/chat"),
    ("INDEX_URL", "postgresql+no_such_driver://localhost/chat"),
    ("INDEX_URL", "sqlite:////no/such/directory/index.sqlite"),
    ("INDEX_URL", "sqlite:////tmp"),
    ("INDEX_URL", "sqlite:////tmp/" + "x" * 300),
    ("INDEX_URL", "sqlite://host/index.sqlite"),
    ("INDEX_URL", "sqlite:///index.sqlite?timeout=long"),
    ("INDEX_URL", "postgresql+psycopg://localhost/chat?no_such_option=1"),
    ("ROOM_MAX_BYTES", "9999999"),
    ("ROOM_MAX_BYTES", "10 GB"),
    ("ROOM_MAX_BYTES", "9" * 5000),
    ("ROOM_MAX_AGE", "a year"),
    ("ROOM_MAX_AGE", "0D"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named_with_what_to_do_and_without_a_secret(environ: Environ, name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=rf"^{name} .+: \w") as refused:
        read_all({**environ, name: value})
    assert "hush" not in str(refused.value)


RIGHT = [
    ("AMQP_URL", "amqp://"),
    ("AMQP_URL", "amqps://user:p%2Fw@broker-1:5671/%2F;amqps://user:p%2Fw@[::1]:5671/%2F"),
    ("INSTANCE", "réplica 1"),
    ("HEALTH_FILE", "health.json"),
    ("LOG_LEVEL", "debug"),
    ("LOG_LEVEL", "Critical"),
    ("LOG_LEVEL", "WARN"),
    ("POSTS_PER_SECOND", "500"),
    ("INDEX_URL", "sqlite:///index.sqlite"),
    ("INDEX_URL", "postgresql+psycopg://user:hush@localhost:5432/chat"),
    ("INDEX_URL", "postgresql+psycopg://user:hush@localhost/chat?connect_timeout=5&options=-csearch_path%3Dchat"),
    ("INDEX_URL", "postgresql+psycopg://user:hush@one,two/chat?target_session_attrs=read-write"),
    ("INDEX_URL", "postgresql+psycopg://user:hush@/chat?host=one:5432&host=two:5432"),
    ("INDEX_URL", "sqlite:///index.sqlite?timeout=5"),
    ("ROOM_MAX_AGE", "12h"),
]


@pytest.mark.parametrize(("name", "value"), RIGHT)
def test_a_right_setting_is_taken(environ: Environ, name: str, value: str) -> None:
    read_all({**environ, name: value})


WITHOUT_DEFAULT = ("AMQP_URL", "TOKEN_PUBLIC_KEY", "TOKEN_PRIVATE_KEY", "DATA_DIR")


@pytest.mark.parametrize("name", WITHOUT_DEFAULT)
def test_a_setting_without_a_default_has_to_be_set(environ: Environ, name: str) -> None:
    with pytest.raises(MissingSetting, match=f"^{name} is not set: export {name}, or {name}_FILE"):
        read_all({key: value for key, value in environ.items() if key != name})


@pytest.mark.parametrize("name", sorted({name for name, _ in WRONG} - set(WITHOUT_DEFAULT)))
def test_an_empty_setting_is_not_set(environ: Environ, name: str) -> None:
    without = {key: value for key, value in environ.items() if key != name}
    assert read_all({**environ, name: "", f"{name}_FILE": ""}) == read_all(without)


@pytest.mark.parametrize("name", WITHOUT_DEFAULT)
def test_an_empty_setting_without_a_default_has_to_be_set(environ: Environ, tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingSetting, match=f"^{name} is not set: export {name}, or {name}_FILE"):
        read_all({**environ, name: ""})
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(MissingSetting, match=f"^{name} is not set: the file .*/empty, which {name}_FILE names, is"):
        read_all({**environ, name: "", f"{name}_FILE": str(tmp_path / "empty")})


def program(module: str, *arguments: str) -> Callable[[Environ], "subprocess.CompletedProcess[str]"]:
    def run(environ: Environ) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", module, *arguments]
        inherited = {name: value for name, value in os.environ.items() if name.startswith(("PYTHON", "COVERAGE"))}
        return subprocess.run(
            command, env={**inherited, **environ}, capture_output=True, text=True, timeout=30, check=False
        )

    return run


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        ("chat_registry", "LOG_LEVEL", "LOUD"),
        ("chat_registry", "TOKEN_PRIVATE_KEY", "no key"),
        ("chat_registry", "INSTANCE", "\udcff"),
        ("chat_router", "AMQP_URL", "amqp://user:hush@broker:port/"),
        ("chat_router", "POSTS_PER_SECOND", "many"),
        ("chat_archive", "HEALTH_FILE", "/dev/null"),
        ("chat_archive", "INDEX_URL", "sqlite://host/index.sqlite"),
        ("chat_archive", "DATA_DIR", ""),
    ],
)
def test_a_service_with_a_wrong_setting_logs_it_in_one_line_and_ends_with_status_2(
    environ: Environ, module: str, name: str, value: str
) -> None:
    ended = program(module)({**environ, name: value})
    line = orjson.loads(ended.stdout)
    assert (ended.returncode, ended.stderr) == (2, "")
    assert (line["event"], line["level"], line["service"]) == (
        "settings.invalid",
        "error",
        module.removeprefix("chat_"),
    )
    assert (line["setting"], line["error"].startswith(f"{name} ")) == (name, True)
    assert "hush" not in ended.stdout


@pytest.mark.parametrize(
    ("run", "name", "value"),
    [
        (program("chat_admin", "release", "bob"), "AMQP_URL", "http://broker/"),
        (program("chat_admin", "dead-letters", "list"), "AMQP_URL", "amqp://user:hush@broker:port/"),
        (program("chat_admin", "init", "/no/such/directory"), "ROOM_MAX_AGE", "a year"),
    ],
)
def test_a_program_with_a_wrong_setting_ends_with_status_2_and_one_line(
    environ: Environ, run: Any, name: str, value: str
) -> None:
    ended = run({**environ, name: value})
    (line,) = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout, f"{name} " in line) == (2, "", True)
    assert "hush" not in line


def test_the_health_check_reports_a_wrong_setting_in_one_line(environ: Environ) -> None:
    """Docker and Kubernetes know two outcomes of a health check, so its status is 1."""
    del environ["HEALTH_FILE"]
    ended = program("chat_worker.health")({**environ, "HEALTH_FILE_FILE": "/nowhere"})
    (line,) = ended.stderr.splitlines()
    assert (ended.returncode, "HEALTH_FILE_FILE names /nowhere" in line) == (1, True)


def test_a_setting_comes_from_the_environment_or_from_the_file_it_names(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush\n")
    assert setting({"A_FILE": str(tmp_path / "secret")}, "A") == "hush"
    assert setting({"A": "1"}, "A") == "1"
    assert setting({}, "A", "2") == "2"
    with pytest.raises(MissingSetting, match="A is not set: export A"):
        setting({}, "A")
    with pytest.raises(MissingSetting, match="A_FILE names /nowhere"):
        setting({"A_FILE": "/nowhere"}, "A")


def test_a_setting_in_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff")
    with pytest.raises(SettingError, match=r"A_FILE names .*/secret"):
        setting({"A_FILE": str(tmp_path / "secret")}, "A")


def test_a_setting_that_is_not_a_number_is_invalid() -> None:
    assert number({"N": "5"}, "N", 1) == 5
    with pytest.raises(InvalidSetting, match="N is 'x': set it to a whole number"):
        number({"N": "x"}, "N", 1)


def test_a_number_has_bounds() -> None:
    assert number({"N": "3"}, "N", 3, least=3) == 3
    with pytest.raises(InvalidSetting, match="N is '2': set it to a whole number, 3 or more"):
        number({"N": "2"}, "N", 3, least=3)
    with pytest.raises(InvalidSetting, match=r"N is '9.+': set it to a whole number, at most 9223372036854775807"):
        number({"N": "9" * 5000}, "N", 3)


def test_the_largest_number_fits_into_64_bits() -> None:
    assert number({"N": str(MAX_INT64)}, "N", 0) == MAX_INT64
    with pytest.raises(InvalidSetting, match=rf"N is '{MAX_INT64 + 1}': set it to a whole number, at most {MAX_INT64}"):
        number({"N": str(MAX_INT64 + 1)}, "N", 0)


def test_a_choice_is_one_of_its_options_in_any_case() -> None:
    assert choice({"C": "red"}, "C", ("RED", "BLUE"), "BLUE") == "RED"
    assert choice({}, "C", ("RED", "BLUE"), "BLUE") == "BLUE"
    with pytest.raises(InvalidSetting, match="C is 'green': set it to RED or BLUE"):
        choice({"C": "green"}, "C", ("RED", "BLUE"), "BLUE")


def test_a_broker_url_is_passed_on_unchanged() -> None:
    url = "amqp://user:p%2Fw@one:5672/%2F;amqp://user:p%2Fw@two:5672/%2F"
    assert broker_url({"AMQP_URL": url}) == url
