"""The part of a link that a member uses."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

# An entry of the room's stream: its offset, and its body.
RoomEntry = tuple[int, bytes]
NO_HEADERS: Mapping[str, Any] = MappingProxyType({})


class MemberLink(Protocol):
    """A link as a member uses it: `chat_client.link.Link`, or a fake in a test.

    Attributes:
        session: The session that is the user of the connection; None at the entrance.
        room_gone: Whether the broker deleted the room's stream.
        blocked: Whether the broker accepts no messages, being out of memory or disk space.
    """

    session: str | None
    room_gone: bool
    blocked: bool

    @property
    def unconfirmed(self) -> int:
        """How many publications the broker has not confirmed."""

    def publish(self, exchange: str, routing_key: str, body: bytes, headers: Mapping[str, Any] = NO_HEADERS) -> None:
        """Publish a message that must reach a queue, and says where to answer it."""

    def renew(self, token: str) -> None:
        """Replace the token of the connection."""

    def pop_returned(self) -> set[str]:
        """Return the exchanges at which the broker returned or refused a message since the last call."""

    def attach(self, room: str, offset: int | str) -> None:
        """Read a room's stream from an offset: a number, "first" or "last"."""

    def pop_replies(self) -> list[bytes]:
        """Return the answers that have arrived since the last call."""

    def pop_entries(self) -> list[RoomEntry]:
        """Acknowledge and return the entries of the room that have arrived since the last call."""
