"""Messages to bytes and back: one JSON object (RFC 8259) for each message, its `type` first.

msgspec decodes a message straight into its class and rejects an object of another shape
(docs/decisions/0013-encode-messages-with-msgspec.md).
"""

import re
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

import msgspec

from chat_wire.errors import DecodeError, UnknownType

T = TypeVar("T")

# The errors of msgspec for bytes that it cannot decode; RecursionError comes from brackets nested thousands deep.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

# The only text of the sender that an error of msgspec repeats, at any length.
_ENUM_VALUE = re.compile(r"^Invalid enum value (['\"]).*\1", re.DOTALL)

_encoder = msgspec.json.Encoder()
_readers: dict[type[Any], "_Reader[Any]"] = {}
_preparing = Lock()


def encode(message: Any) -> bytes:
    """Encode a message as JSON.

    Args:
        message: An instance of a dataclass.

    Raises:
        TypeError: JSON cannot express a value in the message.
    """
    return _encoder.encode(message)


def decode(body: bytes, *types: type[T]) -> T:
    """Decode a message of one of several types.

    Args:
        body: The JSON of the message.
        types: The message classes that the caller accepts.

    Raises:
        DecodeError: The body is not a JSON object of the shape that its type has.
        UnknownType: The message has another type.
    """
    readers: list[_Reader[T]] = [_readers.get(cls) or _prepare(cls) for cls in types]
    for reader in readers:
        if body.startswith(reader.opening):
            return reader.read(body)
    name = _type_in(body)
    for reader in readers:
        if name == reader.name:
            return reader.read(body)
    raise UnknownType(f"{name!r:.80} is not a message that is accepted here")


def to_object(body: bytes) -> Any:
    """Decode JSON into plain Python objects.

    Args:
        body: The JSON.

    Raises:
        DecodeError: The body is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except UNREADABLE as error:
        raise DecodeError(f"not JSON: {error}") from None


def type_name(cls: type[Any]) -> str:
    """Return the value of `type` in the messages of a class."""
    return str(cls.__dataclass_fields__["type"].default)


@dataclass(frozen=True, slots=True)
class _Reader(Generic[T]):
    """The decoder of one message class.

    Attributes:
        name: The value of `type`.
        opening: The first bytes of a message as `encode` writes it.
        decoder: The decoder of msgspec.
    """

    name: str
    opening: bytes
    decoder: msgspec.json.Decoder[T]

    def read(self, body: bytes) -> T:
        try:
            return self.decoder.decode(body)
        except UNREADABLE as error:
            raise DecodeError(f"{self.name}: {_ENUM_VALUE.sub('Invalid value', str(error))}") from None


def _prepare(cls: type[T]) -> _Reader[T]:
    """Make the decoder of a class, once. The lock is there as msgspec 0.22 crashes when two threads do this."""
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
