"""A dead letter: its id, its origin, and its text for a terminal.

Anybody may have written its content, so the text escapes control characters and masks tokens and secrets.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chat_wire.codec import to_object
from chat_wire.errors import DecodeError
from chat_wire.limits import MAX_TIME

# These headers change each time that the broker hands out a letter.
_COUNTS = ("x-delivery-count", "x-acquired-count")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECRET_FIELD = re.compile(r'("(?:token|secret)"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")  # a JWT at any place
_BEGINNING = 80
_FIELD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message in dead-letters.

    Attributes:
        body: The body.
        reply_to: The inbox of the sender.
        headers: The headers that a service, the broker and the sender wrote.
        user_id: The user that published it; None if unknown.
    """

    body: bytes
    reply_to: str | None
    headers: Mapping[str, Any]
    user_id: str | None = None

    @property
    def id(self) -> str:
        """A digest of the content, as messages in a queue have no ids. Equal letters have the same id."""
        lasting = {name: value for name, value in self.headers.items() if name not in _COUNTS}
        digest = hashlib.sha256(repr((self.body, self.reply_to, sorted(lasting.items()))).encode())
        return digest.hexdigest()[:12]

    @property
    def source(self) -> str:
        """The queue that it came from; empty if unknown."""
        return str(_death(self).get("queue") or self.headers.get("source") or "")

    @property
    def sender(self) -> str:
        """The user that sent the message, for whom the broker vouches; empty if unknown."""
        return str((self.user_id if _death(self) else self.headers.get("sender")) or "")

    @property
    def key(self) -> str:
        """The routing key of the message; empty if unknown."""
        keys = _death(self).get("routing-keys")
        return str(keys[0] if isinstance(keys, list) and keys else self.headers.get("key") or "")

    @property
    def reason(self) -> str:
        """The code of the reason; empty if unknown."""
        return str(_death(self).get("reason") or self.headers.get("reason") or "")

    @property
    def time(self) -> str:
        """The time when it became a dead letter, in UTC; empty if unknown."""
        time = _death(self).get("time") or self.headers.get("at")
        if isinstance(time, int) and 0 <= time <= MAX_TIME:
            time = _EPOCH + timedelta(microseconds=time)
        return f"{time:%Y-%m-%d %H:%M:%S}" if isinstance(time, datetime) else ""


def from_message(message: Any) -> Letter:
    """Return the letter in a message of py-amqp."""
    body = message.body
    return Letter(
        body=body if isinstance(body, bytes) else str(body).encode(),
        reply_to=message.properties.get("reply_to"),
        headers=message.headers or {},
        user_id=message.properties.get("user_id"),
    )


def line(letter: Letter) -> str:
    """Return a letter as one line: id, time, source, reason, size, beginning."""
    fields = [letter.time, letter.source, letter.reason]
    columns = [safe(field)[:_FIELD] or "-" for field in fields]
    beginning = safe(" ".join(_body(letter.body, indent=None)))[:_BEGINNING]
    return "  ".join([letter.id, *columns, f"{len(letter.body)} bytes", beginning])


def lines(letter: Letter) -> list[str]:
    """Return all of a letter, as lines."""
    fields = {"id": letter.id, "time": letter.time, "source": letter.source, "reason": letter.reason}
    fields |= {"size": f"{len(letter.body)} bytes", "reply_to": letter.reply_to or ""}
    described = [f"{name}: {safe(value)}" for name, value in fields.items()]
    headers = [f"header {safe(name)}: {safe(str(value))}" for name, value in letter.headers.items()]
    return [*described, *headers, "", *map(safe, _body(letter.body, indent=2))]


def safe(text: str) -> str:
    """Return a text that is safe for a terminal: secrets masked, characters that are not printable escaped."""
    masked = _TOKEN.sub("***", _SECRET_FIELD.sub(r'\1"***"', text))
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in masked)


def _death(letter: Letter) -> Mapping[str, Any]:
    """Return what the broker wrote when it dead-lettered the message; empty if a service published it.

    Only the newest entry of x-death is surely the broker's. It goes before the headers `source` and `reason`, which
    the sender may have written.
    """
    deaths = letter.headers.get("x-death")
    newest = deaths[0] if isinstance(deaths, list) and deaths else None
    return newest if isinstance(newest, dict) else {}


def _body(body: bytes, indent: int | None) -> list[str]:
    """Return the lines of a body. JSON is encoded again, so the names of fields have one spelling to mask."""
    try:
        return json.dumps(to_object(body), ensure_ascii=False, indent=indent).split("\n")
    except (DecodeError, RecursionError):
        return [body.decode(errors="backslashreplace")]
