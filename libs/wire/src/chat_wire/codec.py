"""Messages to bytes and back: JSON (RFC 8259), one object a message, its type first.

msgspec reads a message straight into its class and refuses what has another shape; it is also the fastest there is
(docs/explanation/performance.md).
"""

from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

import msgspec

from chat_wire.errors import DecodeError, UnknownType

T = TypeVar("T")

# What msgspec raises at what it cannot read; RecursionError at brackets in brackets, thousands deep.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_encoder = msgspec.json.Encoder()
_readers: dict[type[Any], "_Reader[Any]"] = {}
_preparing = Lock()


def encode(message: Any) -> bytes:
    """The JSON of a message; raises TypeError for what is none."""
    return _encoder.encode(message)


def decode(body: bytes, *types: type[T]) -> T:
    """The message in `body`, one of `types`.

    Raises DecodeError for what has not the shape its type asks for, UnknownType for any other type.
    """
    readers: list[_Reader[T]] = [_readers.get(cls) or _prepare(cls) for cls in types]
    for reader in readers:
        if body.startswith(reader.opening):
            return reader.read(body)
    name = _type_in(body)
    for reader in readers:
        if name == reader.name:
            return reader.read(body)
    raise UnknownType(f"{name!r:.80} is not a message that is taken here")


def to_object(body: bytes) -> Any:
    """The plain JSON value in `body`; raises DecodeError."""
    try:
        return msgspec.json.decode(body)
    except UNREADABLE as error:
        raise DecodeError(f"not JSON: {error}") from None


def type_name(cls: type[Any]) -> str:
    """What a message class writes into its `type`."""
    return str(cls.__dataclass_fields__["type"].default)


@dataclass(frozen=True, slots=True)
class _Reader(Generic[T]):
    """Reads messages of one class. `opening` is how they begin as `encode` writes them."""

    name: str
    opening: bytes
    decoder: msgspec.json.Decoder[T]

    def read(self, body: bytes) -> T:
        try:
            return self.decoder.decode(body)
        except UNREADABLE as error:
            raise DecodeError(f"{self.name}: {error}") from None


def _prepare(cls: type[T]) -> _Reader[T]:
    """The reader of a class, made once. One thread at a time: msgspec 0.22 crashes when two prepare a class at once."""
    with _preparing:
        name = type_name(cls)
        reader = _Reader(name, f'{{"type":"{name}"'.encode(), msgspec.json.Decoder(cls))
        _readers[cls] = reader
        return reader


def _type_in(body: bytes) -> Any:
    value = to_object(body)
    if not isinstance(value, dict):
        raise DecodeError("a message is a JSON object")
    return value.get("type")
