"""Who is in the room, and in which state. Pure.

A listing says it all at one moment; notices say what has changed. Their ways to the client differ, so notices
that came while a listing was asked for are held against that listing once more: the last notice about somebody
is right in the end, whichever came first. That is also so for older notices than the listing needs: a question
that is refused, of which nothing is told here, does no harm.
"""

from collections.abc import Sequence

from chat_client.events import PresenceChanged, UsersListed


class Roster:
    """The members by name, each with whether the client is connected."""

    def __init__(self) -> None:
        self._connected: dict[str, bool] = {}
        self._asked = 0  # listings that have not come
        self._since_asked: dict[str, PresenceChanged] = {}  # the last notice about each
        self._sorted: list[tuple[str, bool]] | None = None

    def asked(self) -> None:
        """A listing has been asked for."""
        self._asked += 1

    def listed(self, listing: UsersListed) -> None:
        """Take a listing for what was known."""
        self._connected = dict.fromkeys(listing.connected, True) | dict.fromkeys(listing.disconnected, False)
        for notice in self._since_asked.values():
            self._apply(notice)
        self._asked = max(0, self._asked - 1)
        if not self._asked:
            self._since_asked = {}
        self._sorted = None

    def noticed(self, notice: PresenceChanged) -> None:
        """Somebody came, went, or changed state."""
        if self._asked:
            self._since_asked[notice.user] = notice
        self._apply(notice)

    def members(self) -> list[tuple[str, bool]]:
        """Names with whether they are connected: these first, each part in alphabetical order.

        The same list as before if nothing has changed.
        """
        if self._sorted is None:
            self._sorted = sorted(self._connected.items(), key=lambda each: (not each[1], each[0].casefold(), each[0]))
        return self._sorted

    def names(self, speakers: Sequence[str]) -> list[str]:
        """All names, those who spoke last first."""
        spoke = [name for name in speakers if name in self._connected]
        return [*spoke, *(name for name, _connected in self.members() if name not in spoke)]

    def _apply(self, notice: PresenceChanged) -> None:
        self._sorted = None
        if notice.kind == "left":
            self._connected.pop(notice.user, None)
        else:
            self._connected[notice.user] = notice.kind != "lost"
