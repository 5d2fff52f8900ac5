"""The versions of what the registry keeps on the broker: journal and snapshots.

A version rises when an older registry would read the new form wrongly; a field that it may ignore needs no new version.
docs/explanation/change.md says what old and new replicas then guarantee.
"""

from typing import Annotated, TypeAlias

import msgspec

from chat_wire.codec import UNREADABLE
from chat_wire.errors import DecodeError

JOURNAL_VERSION = 1
SNAPSHOT_VERSION = 1

JournalVersion: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=JOURNAL_VERSION)]
SnapshotVersion: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=SNAPSHOT_VERSION)]


class NewerVersion(DecodeError):
    """A newer registry wrote the message; the text says which version it has."""


class _Versioned(msgspec.Struct):
    """The version of a message; those that registries up to 0.2.0 wrote have none, and count as version 1."""

    version: int = 1


_decoder = msgspec.json.Decoder(_Versioned | tuple[_Versioned, ...])


def refuse_newer(body: bytes, known: int) -> None:
    """Tell a message of a newer version from one that is damaged.

    Args:
        body: A message that cannot be read: an object, or an array of objects.
        known: The newest version that this registry reads.

    Raises:
        NewerVersion: The message, or one of its objects, has a newer version.
    """
    try:
        found = _decoder.decode(body)
    except UNREADABLE:
        return
    newest = max((each.version for each in (found if isinstance(found, tuple) else (found,))), default=1)
    if newest > known:
        raise NewerVersion(f"it has version {newest}, and this registry reads versions up to {known}")
