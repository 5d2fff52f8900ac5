"""The history of the composer, through which Up and Down walk."""

from collections.abc import Iterable, Sequence

LIMIT = 1000


class InputHistory:
    """The texts submitted, oldest first, then the draft.

    A change to an old text lasts until something is submitted. Then it becomes an entry of its own.
    """

    def __init__(self, submitted: Iterable[str] = ()) -> None:
        """Start at an empty draft.

        Args:
            submitted: The texts of earlier runs, oldest first.
        """
        self._submitted = [*submitted][-LIMIT:]
        self._changed: dict[int, str] = {}
        self._at = len(self._submitted)

    @property
    def submitted(self) -> Sequence[str]:
        """The texts, oldest first."""
        return self._submitted

    def add(self, text: str) -> list[str]:
        """Add a submitted text, unless it repeats the last one, and return to an empty draft.

        Returns:
            The entries that are new: typed texts that were not submitted, then the submitted one.
        """
        new = [*self._unsubmitted(besides=self._at), text]
        for each in new:
            self._append(each)
        self._changed = {}
        self._at = len(self._submitted)
        return new

    def older(self, shown: str) -> str | None:
        """Return the text before the current one, or None at the first. `shown` is the current one as changed."""
        return self._go(-1, shown)

    def newer(self, shown: str) -> str | None:
        """Return the text after the current one, or None at the draft. `shown` is the current one as changed."""
        return self._go(1, shown)

    def go_to(self, number: int, shown: str) -> None:
        """Make a submitted text the current one. `shown` is the current one as changed."""
        self._changed[self._at] = shown
        self._at = number
        self._changed.pop(number, None)

    def drafts(self, shown: str) -> list[str]:
        """Return the typed texts that were not submitted; the last is the one to go on with. `shown` as above."""
        self._changed[self._at] = shown
        return [*self._unsubmitted(besides=self._at), *self._unsubmitted(only=self._at)]

    def _append(self, text: str) -> None:
        if self._submitted[-1:] != [text]:
            self._submitted = [*self._submitted, text][-LIMIT:]

    def _unsubmitted(self, *, besides: int | None = None, only: int | None = None) -> list[str]:
        """Return the changed texts, oldest first, that are neither blank nor an entry."""
        numbers = [number for number in sorted(self._changed) if number != besides and only in {None, number}]
        texts = [self._changed[number] for number in numbers]
        return [text for text in texts if text.strip() and text not in self._submitted]

    def _go(self, step: int, shown: str) -> str | None:
        to = self._at + step
        if not 0 <= to <= len(self._submitted):
            return None
        self._changed[self._at] = shown
        self._at = to
        return self._changed[to] if to in self._changed else self._submitted[to]
