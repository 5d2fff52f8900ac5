"""Places of messages in a room, and queries of its history."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a message.

    Attributes:
        offset: The offset of its entry in the room's stream.
        index: Its index in that entry.
        number: Its number in the archive; None for a message that came from the stream.
    """

    offset: int
    index: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Older:
    """The newest messages before a place. Without a place: the newest of the room."""

    place: Place | None


@dataclass(frozen=True, slots=True)
class Newer:
    """The oldest messages after a place."""

    place: Place


@dataclass(frozen=True, slots=True)
class From:
    """The message with this number in the archive, or the one after it, and those that follow."""

    number: int


@dataclass(frozen=True, slots=True)
class Since:
    """The first message from a time on, in microseconds since 1970-01-01 UTC, and those that follow."""

    at: int


Query = Older | Newer | From | Since
OLDEST = From(1)
