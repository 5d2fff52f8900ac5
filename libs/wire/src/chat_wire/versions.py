"""Versions in what the services keep on the broker: telling what a newer version wrote from what is damaged.

docs/explanation/change.md says which data has a version, and when it rises.
"""

import msgspec

from chat_wire.codec import UNREADABLE
from chat_wire.errors import DecodeError

# The newest version of the entries of rooms. Entries that an older archive must not skip have a new type and version.
ROOM_VERSION = 1


class NewerVersion(DecodeError):
    """A newer version of the chat wrote the message; the text says which version it has."""


class _Versioned(msgspec.Struct):
    """The version of a message; most have none, and count as version 1."""

    version: int = 1


_decoder = msgspec.json.Decoder(_Versioned | tuple[_Versioned, ...])


def refuse_newer(body: bytes, known: int) -> None:
    """Find out whether a newer version wrote a message that cannot be read.

    Args:
        body: The message: an object, or an array of objects.
        known: The newest version that the reader knows.

    Raises:
        NewerVersion: The message, or one of its objects, has a newer version.
    """
    try:
        found = _decoder.decode(body)
    except UNREADABLE:
        return
    newest = max((each.version for each in (found if isinstance(found, tuple) else (found,))), default=1)
    if newest > known:
        raise NewerVersion(f"it has version {newest}, and this reader knows versions up to {known}")
