"""What was typed before, to walk through with Up and Down."""

LIMIT = 1000


class Typed:
    """The texts entered, oldest first, then the draft; and at which of them the person stands.

    What is changed while walking stays changed until something is entered.
    """

    def __init__(self) -> None:
        self._entered: list[str] = []
        self._changed: dict[int, str] = {}
        self._at = 0

    def add(self, text: str) -> None:
        """Take what was entered; the walk is over."""
        if self._entered[-1:] != [text]:
            self._entered = [*self._entered, text][-LIMIT:]
        self._changed = {}
        self._at = len(self._entered)

    def older(self, shown: str) -> str | None:
        """The text before the one that stands there as `shown`; None at the first."""
        return self._go(-1, shown)

    def newer(self, shown: str) -> str | None:
        """The text after the one that stands there as `shown`; None at the draft."""
        return self._go(1, shown)

    def _go(self, step: int, shown: str) -> str | None:
        to = self._at + step
        if not 0 <= to <= len(self._entered):
            return None
        self._changed[self._at] = shown
        self._at = to
        return self._changed[to] if to in self._changed else self._entered[to]
