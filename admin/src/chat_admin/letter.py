"""A dead letter: how it is told from others, where it came from, and how it is shown.

What is in it may come from anybody: it is shown without control characters, tokens and secrets.
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

# They change each time the broker hands a letter out.
_COUNTS = ("x-delivery-count", "x-acquired-count")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECRET_FIELD = re.compile(r'("(?:token|secret)"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")  # a JWT, wherever it stands
_BEGINNING = 80
_FIELD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message of dead-letters, without what the broker adds in handing it out."""

    body: bytes
    reply_to: str | None
    headers: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Made from what is in it, as a queue has no ids: letters that are alike in all have the same."""
        told = {name: value for name, value in self.headers.items() if name not in _COUNTS}
        digest = hashlib.sha256(repr((self.body, self.reply_to, sorted(told.items()))).encode())
        return digest.hexdigest()[:12]

    @property
    def source(self) -> str:
        """The queue it came from; empty if nobody says."""
        return str(_death(self).get("queue") or self.headers.get("source") or "")

    @property
    def reason(self) -> str:
        """Why it is here, in a word."""
        return str(_death(self).get("reason") or self.headers.get("reason") or "")

    @property
    def time(self) -> str:
        """When it died, UTC; empty if nobody says."""
        time = _death(self).get("time") or self.headers.get("at")
        if isinstance(time, int) and 0 <= time <= MAX_TIME:
            time = _EPOCH + timedelta(microseconds=time)
        return f"{time:%Y-%m-%d %H:%M:%S}" if isinstance(time, datetime) else ""


def from_message(message: Any) -> Letter:
    """The letter in a message of py-amqp."""
    body = message.body
    return Letter(
        body=body if isinstance(body, bytes) else str(body).encode(),
        reply_to=message.properties.get("reply_to"),
        headers=message.headers or {},
    )


def line(letter: Letter) -> str:
    """A letter in one line: id, time, source, reason, size, beginning."""
    fields = [letter.time, letter.source, letter.reason]
    told = [safe(field)[:_FIELD] or "-" for field in fields]
    beginning = safe(" ".join(_body(letter.body, indent=None)))[:_BEGINNING]
    return "  ".join([letter.id, *told, f"{len(letter.body)} bytes", beginning])


def lines(letter: Letter) -> list[str]:
    """All that is in a letter."""
    fields = {"id": letter.id, "time": letter.time, "source": letter.source, "reason": letter.reason}
    fields |= {"size": f"{len(letter.body)} bytes", "reply_to": letter.reply_to or ""}
    told = [f"{name}: {safe(value)}" for name, value in fields.items()]
    headers = [f"header {safe(name)}: {safe(str(value))}" for name, value in letter.headers.items()]
    return [*told, *headers, "", *map(safe, _body(letter.body, indent=2))]


def safe(text: str) -> str:
    """The text as it can go to a terminal: secrets masked, whatever is not printable written as an escape."""
    masked = _TOKEN.sub("***", _SECRET_FIELD.sub(r'\1"***"', text))
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in masked)


def _death(letter: Letter) -> Mapping[str, Any]:
    """What the broker wrote when it dead-lettered the message; only the newest entry is sure to be its own.

    It goes before `source` and `reason`, which are then the sender's.
    """
    deaths = letter.headers.get("x-death")
    newest = deaths[0] if isinstance(deaths, list) and deaths else None
    return newest if isinstance(newest, dict) else {}


def _body(body: bytes, indent: int | None) -> list[str]:
    """The lines of a body; JSON is written anew, so that the name of a field has one spelling."""
    try:
        return json.dumps(to_object(body), ensure_ascii=False, indent=indent).split("\n")
    except (DecodeError, RecursionError):
        return [body.decode(errors="backslashreplace")]
