"""The broker's definitions (https://www.rabbitmq.com/docs/definitions): users, permissions, policies."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chat_admin.permissions import USERS
from chat_wire.limits import SESSION_MEMORY_SECONDS
from chat_wire.settings import InvalidSetting, number, setting

MB = 1_000_000
# Looking at a letter counts as a delivery, after 20 of which RabbitMQ 4 would drop it; -1 (no limit) is refused by 3.x.
LOOKED_AT = 1_000_000_000
# A tenth of it is a segment, which is to hold some batches of posts.
LEAST_ROOM_BYTES = 10 * MB


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the rooms' streams are kept: bytes of each, and an age as RabbitMQ writes it (365D)."""

    room_bytes: int
    room_age: str


def retention_in(environ: Mapping[str, str]) -> Retention:
    """What ROOM_MAX_BYTES and ROOM_MAX_AGE say. Raises SettingError: with a wrong one the broker would not start."""
    room_bytes = number(environ, "ROOM_MAX_BYTES", 10_000 * MB, least=LEAST_ROOM_BYTES)
    room_age = setting(environ, "ROOM_MAX_AGE", "365D")
    if not re.fullmatch("[1-9][0-9]*[YMDhms]", room_age):
        raise InvalidSetting(f"ROOM_MAX_AGE is {room_age!r}: set it to a number and Y, M, D, h, m or s, as 365D")
    return Retention(room_bytes, room_age)


def definitions(passwords: Mapping[str, str], retention: Retention) -> dict[str, Any]:
    """What the broker loads at every start; the same input gives the same output."""
    return {
        "vhosts": [{"name": "/"}],
        "users": [_user(name, passwords[name]) for name in USERS],
        "permissions": [{"user": name, "vhost": "/", **asdict(granted)} for name, granted in USERS.items()],
        "policies": [_policy(*policy) for policy in _policies(retention)],
    }


def _policies(retention: Retention) -> list[tuple[str, str, dict[str, Any]]]:
    """Streams are trimmed by whole segments and one is always kept: a segment must be far smaller than the bound."""
    rooms = _stream(retention.room_bytes, min(50 * MB, retention.room_bytes // 10)) | {"max-age": retention.room_age}
    return [
        ("rooms", r"^room\.", rooms),
        ("journal", r"^registry\.journal$", _stream(256 * MB, 16 * MB)),
        ("snapshots", r"^registry\.snapshots$", _stream(512 * MB, 64 * MB)),
        (
            "sessions",
            r"^sessions\.ended$",
            {"stream-max-segment-size-bytes": MB, "max-age": _days(SESSION_MEMORY_SECONDS)},
        ),
        # each has its line in a service's log; without a bound a client could fill the disk
        ("dead-letters", r"^dead-letters$", {"max-length-bytes": 1000 * MB, "delivery-limit": LOOKED_AT}),
    ]


def _days(seconds: int) -> str:
    return f"{seconds // 86_400}D"


def _stream(size: int, segment: int) -> dict[str, Any]:
    return {"max-length-bytes": size, "stream-max-segment-size-bytes": segment}


def _policy(name: str, pattern: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {"vhost": "/", "name": name, "pattern": pattern, "apply-to": "queues", "definition": definition}


def _user(name: str, password: str) -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": password_hash(password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }


def password_hash(password: str) -> str:
    """A salted hash as RabbitMQ stores it (https://www.rabbitmq.com/docs/passwords).

    The salt is made from the password, so that nothing changes when it is computed again; passwords are
    random, and none is used twice.
    """
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
