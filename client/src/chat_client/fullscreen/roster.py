"""The members of the room.

A listing has all members at one moment; changes of presence follow it. The two reach the client by different queues, so
their order is unknown. The roster therefore keeps the changes that arrive while it expects a listing, and applies them
to that listing again, so that the last change about a member wins. A change that the listing has already can be applied
again without an effect. If a listing never arrives, the roster only keeps the changes for longer.
"""

from collections.abc import Sequence

from chat_client.events import PresenceChanged, UsersListed


class Roster:
    """The members by name, each with whether its client is connected."""

    def __init__(self) -> None:
        """Start without members."""
        self._connected: dict[str, bool] = {}
        self._expected = 0  # listings requested and not received
        self._since_request: dict[str, PresenceChanged] = {}  # the last change about each member
        self._sorted: list[tuple[str, bool]] | None = None

    def expect_listing(self) -> None:
        """Record that a listing was requested."""
        self._expected += 1

    def replace(self, listing: UsersListed) -> None:
        """Replace the members by those of a listing."""
        self._connected = dict.fromkeys(listing.connected, True) | dict.fromkeys(listing.disconnected, False)
        for event in self._since_request.values():
            self._apply(event)
        self._expected = max(0, self._expected - 1)
        if not self._expected:
            self._since_request = {}
        self._sorted = None

    def change(self, event: PresenceChanged) -> None:
        """Change a member."""
        if self._expected:
            self._since_request[event.user] = event
        self._apply(event)

    def members(self) -> list[tuple[str, bool]]:
        """Return names with whether they are connected: connected ones first, then by alphabet.

        The list is the same object as long as nothing changes.
        """
        if self._sorted is None:
            self._sorted = sorted(self._connected.items(), key=lambda each: (not each[1], each[0].casefold(), each[0]))
        return self._sorted

    def names(self, speakers: Sequence[str], *, besides: str) -> list[str]:
        """Return all names but one, the latest speakers first."""
        first = [name for name in speakers if name in self._connected]
        names = [*first, *(name for name, _connected in self.members() if name not in first)]
        return [name for name in names if name != besides]

    def _apply(self, event: PresenceChanged) -> None:
        self._sorted = None
        if event.kind == "left":
            self._connected.pop(event.user, None)
        else:
            self._connected[event.user] = event.kind != "lost"
