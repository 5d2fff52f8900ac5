"""The file of a room's memory: JSON with a version.

A field may be added without a new version: a client that does not know it keeps it.
"""

import json
import os
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chat_client.language import _

VERSION = 1
MAX_TEXTS = 1000  # in the history
MAX_HISTORY = 200_000  # characters in the history
MAX_DRAFT = 1_000_000  # characters
MAX_FILE = 16_000_000  # bytes; above what the limits before allow, as JSON takes up to 12 bytes for a character

Position = tuple[int, int]  # the offset in the stream, and the index of the post in the message at this offset


class BadMemory(Exception):
    """A file does not hold a memory."""


class NewerMemory(Exception):
    """A newer client has written the file, in a form that this one cannot read."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A draft, the submitted texts, oldest first, and the position up to which the person has read."""

    draft: str = ""
    history: tuple[str, ...] = ()
    read: Position | None = None
    unknown: dict[str, Any] = field(default_factory=dict)  # the fields that a newer client has written

    def with_texts(self, texts: list[str] | tuple[str, ...]) -> "Memory":
        """Return a memory with more texts in its history, each unless it repeats the last one, within the limits."""
        history = list(self.history)
        for text in texts:
            if text and history[-1:] != [text]:
                history.append(text)
        return replace(self, history=_newest(history))

    def merged(self, mine: "Memory", before: "Memory") -> "Memory":
        """Return this memory with the changes of one client.

        Args:
            mine: The draft and position of the client, and the texts that it adds.
            before: The draft and position of the client when it saved the last time.
        """
        texts, draft = mine.history, self.draft
        if mine.draft != before.draft:
            others = self.draft if self.draft not in {before.draft, mine.draft} else ""
            texts, draft = (others, *mine.history), mine.draft
        read = self.read if mine.read == before.read else mine.read
        return replace(self.with_texts(texts), draft=draft[:MAX_DRAFT], read=read)


def read_memory(path: Path) -> Memory:
    """Read a file.

    Raises:
        BadMemory: It is not a memory.
        NewerMemory: It is one of a newer version.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        written = file.read(MAX_FILE + 1)
    try:
        return _memory(json.loads(written))
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        raise BadMemory(_("it is damaged")) from None


def write_memory(path: Path, memory: Memory) -> None:
    """Replace a file as a whole, so that a reader sees the old memory or the new one.

    Raises:
        OSError: It cannot be written.
    """
    fields = {"version": VERSION, "draft": memory.draft, "history": memory.history, "read": memory.read}
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            json.dump({**memory.unknown, **fields}, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _memory(found: dict[str, Any]) -> Memory:
    version = _number(found["version"])
    if version > VERSION:
        raise NewerMemory
    if version != VERSION:
        raise ValueError
    unknown = {name: value for name, value in found.items() if name not in {"version", "draft", "history", "read"}}
    read = None if found["read"] is None else _position(*found["read"])
    return Memory(_text(found["draft"]), tuple(map(_text, found["history"])), read, unknown)


def _position(offset: object, index: object) -> Position:
    return _number(offset), _number(index)


def _number(number: object) -> int:
    if type(number) is not int:
        raise TypeError
    return number


def _text(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError
    text.encode()  # half of a surrogate pair is no text
    return text


def _newest(texts: list[str]) -> tuple[str, ...]:
    """Return the newest texts, within the limits."""
    kept, room = [], MAX_HISTORY
    for text in reversed(texts[-MAX_TEXTS:]):
        room -= len(text)
        if room < 0:
            break
        kept.append(text)
    return tuple(reversed(kept))
