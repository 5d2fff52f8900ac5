"""Messages to bytes and back: JSON (RFC 8259), one object a message."""

from typing import Any, TypeVar

import msgspec
import orjson

from chat_wire.errors import DecodeError, UnknownType

T = TypeVar("T")


def encode(message: Any) -> bytes:
    """The JSON of a message; raises TypeError for what is none."""
    return orjson.dumps(message)


def decode(body: bytes, *types: type[T]) -> T:
    """The message in `body`, one of `types`.

    Raises DecodeError for what has not the shape its type asks for, UnknownType for any other type.
    """
    return from_object(to_object(body), *types)


def to_object(body: bytes) -> Any:
    """The plain JSON value in `body`; raises DecodeError."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise DecodeError(f"not JSON: {error}") from None


def from_object(value: Any, *types: type[T]) -> T:
    """The message that a plain JSON value spells; raises as `decode` does."""
    if not isinstance(value, dict):
        raise DecodeError("a message is a JSON object")
    name = value.get("type")
    for cls in types:
        if name == type_name(cls):
            return _convert(value, cls)
    raise UnknownType(f"{name!r:.80} is not a message that is taken here")


def type_name(cls: type[Any]) -> str:
    """What a message class writes into its `type`."""
    return str(cls.__dataclass_fields__["type"].default)


def _convert(value: dict[str, Any], cls: type[T]) -> T:
    try:
        return msgspec.convert(value, cls)
    except msgspec.ValidationError as error:
        raise DecodeError(f"{type_name(cls)}: {error}") from None
