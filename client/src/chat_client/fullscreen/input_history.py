"""The history of the composer, through which Up and Down walk."""

LIMIT = 1000


class InputHistory:
    """The texts submitted, oldest first, then the draft.

    A change to an old text lasts until something is submitted.
    """

    def __init__(self) -> None:
        """Start at an empty draft."""
        self._submitted: list[str] = []
        self._changed: dict[int, str] = {}
        self._at = 0

    def add(self, text: str) -> None:
        """Add a submitted text, unless it repeats the last one, and return to the draft."""
        if self._submitted[-1:] != [text]:
            self._submitted = [*self._submitted, text][-LIMIT:]
        self._changed = {}
        self._at = len(self._submitted)

    def older(self, shown: str) -> str | None:
        """Return the text before the current one, or None at the first. `shown` is the current one as changed."""
        return self._go(-1, shown)

    def newer(self, shown: str) -> str | None:
        """Return the text after the current one, or None at the draft. `shown` is the current one as changed."""
        return self._go(1, shown)

    def _go(self, step: int, shown: str) -> str | None:
        to = self._at + step
        if not 0 <= to <= len(self._submitted):
            return None
        self._changed[self._at] = shown
        self._at = to
        return self._changed[to] if to in self._changed else self._submitted[to]
