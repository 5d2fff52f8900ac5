"""The broker's definitions (https://www.rabbitmq.com/docs/definitions): users, permissions, policies."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chat_admin.permissions import CLIENT, FORMER_CLIENT, TAGS, USERS
from chat_amqp.policies import QUEUE_POLICIES
from chat_wire.limits import SESSION_MEMORY_SECONDS
from chat_wire.settings import InvalidSetting, number, setting

MB = 1_000_000
# To look at a letter counts as a delivery, and RabbitMQ 4 drops a message after 20. RabbitMQ 3 refuses -1 (no limit).
LETTER_DELIVERIES = 1_000_000_000
# A stream of this size has segments of a tenth (`_policies`), and a segment has to hold several batches of posts.
MIN_ROOM_BYTES = 10 * MB


@dataclass(frozen=True, slots=True)
class Retention:
    """The retention of the rooms' streams.

    Attributes:
        room_bytes: The largest size of a stream, in bytes.
        room_age: The largest age of an entry, such as 365D (https://www.rabbitmq.com/docs/streams#retention).
    """

    room_bytes: int
    room_age: str


DEFAULT_RETENTION = Retention(10_000 * MB, "365D")


def retention_in(environ: Mapping[str, str], kept: Retention = DEFAULT_RETENTION) -> Retention:
    """Return the retention that ROOM_MAX_BYTES and ROOM_MAX_AGE set.

    Args:
        environ: The environment variables.
        kept: The retention as far as they are not set.

    Raises:
        SettingError: A setting is wrong; the broker would not take it.
    """
    room_bytes = number(environ, "ROOM_MAX_BYTES", kept.room_bytes, least=MIN_ROOM_BYTES)
    room_age = setting(environ, "ROOM_MAX_AGE", kept.room_age)
    if not re.fullmatch("[1-9][0-9]*[YMDhms]", room_age):
        raise InvalidSetting(
            "ROOM_MAX_AGE", f"is {room_age!r}: set it to a number and Y, M, D, h, m or s, such as 365D"
        )
    return Retention(room_bytes, room_age)


def retention_of(broker: Mapping[str, Any]) -> Retention:
    """Return the retention that definitions have.

    Args:
        broker: What `definitions` returned, in this version or an older one.
    """
    (rooms,) = (policy["definition"] for policy in broker["policies"] if policy["name"] == "rooms")
    return Retention(rooms["max-length-bytes"], rooms["max-age"])


def definitions(passwords: Mapping[str, str], retention: Retention) -> dict[str, Any]:
    """Return the definitions that broker/prepare.sh imports into the running broker, if they differ from the last ones.

    The same arguments give the same definitions, so a start keeps the changes that an operator made at runtime.

    Args:
        passwords: The password of each user, of the former client only if the installation is older than 0.4.0.
        retention: The retention of the rooms' streams.
    """
    users = {**USERS, FORMER_CLIENT: CLIENT}
    return {
        "vhosts": [{"name": "/"}],
        "users": [_user(name, passwords[name]) for name in passwords],
        "permissions": [{"user": name, "vhost": "/", **asdict(users[name])} for name in passwords],
        "policies": [_policy(*policy) for policy in _policies(retention)],
    }


def _policies(retention: Retention) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the policies.

    RabbitMQ deletes whole segments and keeps one, so a segment is far below the limit: at most a tenth, and 50 MB.
    """
    rooms = _stream(retention.room_bytes, min(50 * MB, retention.room_bytes // 10)) | {"max-age": retention.room_age}
    return [
        *((policy.name, policy.pattern, dict(policy.definition)) for policy in QUEUE_POLICIES),
        ("rooms", r"^room\.", rooms),
        ("journal", r"^registry\.journal$", _stream(256 * MB, 16 * MB)),
        ("snapshots", r"^registry\.snapshots$", _stream(512 * MB, 64 * MB)),
        (
            "sessions",
            r"^sessions\.ended$",
            {"stream-max-segment-size-bytes": MB, "max-age": _days(SESSION_MEMORY_SECONDS)},
        ),
        # The broker deletes whole segments, and makes a new one only when the last is full.
        ("health", r"^workers\.health$", {"stream-max-segment-size-bytes": MB // 10, "max-age": "10m"}),
        # Without a limit, a client could fill the disk. At the limit RabbitMQ drops the oldest letters. The service
        # that refused a message has logged that (`delivery.refused`).
        ("dead-letters", r"^dead-letters$", {"max-length-bytes": 1000 * MB, "delivery-limit": LETTER_DELIVERIES}),
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
        "tags": TAGS.get(name, []),
    }


def password_hash(password: str) -> str:
    """Return a salted hash in the form of RabbitMQ (https://www.rabbitmq.com/docs/passwords).

    The salt comes from the password, so a second run gives the same hash. That is safe, as each password is random and
    has one user.

    Args:
        password: The password.
    """
    salt = hashlib.sha256(b"salt" + password.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
