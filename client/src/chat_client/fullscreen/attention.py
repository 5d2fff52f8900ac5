"""Whether the person looks at the terminal: decided by the keys, and by the terminal's reports of the focus."""

# Without focus reports, a person who has not pressed a key or moved the mouse for this long may have left.
AWAY_SECONDS = 60.0


class Attention:
    """Follows what a person does. Times are in seconds on a clock that only goes forward."""

    def __init__(self, now: float) -> None:
        """Begin with a person who has just acted, at a terminal that may not report its focus."""
        self._acted = now
        self._focused: bool | None = None  # None until the terminal reports it

    def act(self, now: float) -> None:
        """Note a key or a gesture of the mouse."""
        self._acted = now

    def report_focus(self, focused: bool) -> None:
        """Note a report of the terminal."""
        self._focused = focused

    @property
    def focused(self) -> bool:
        """Whether the terminal has reported that it has the focus."""
        return self._focused is True

    def present(self, now: float) -> bool:
        """Return whether what is on the screen now counts as read."""
        return now - self._acted < AWAY_SECONDS if self._focused is None else self._focused
