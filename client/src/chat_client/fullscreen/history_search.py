"""The search of the input history by Ctrl+R. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class HistorySearch:
    """A search, from the newest text to the oldest, in upper and lower case alike.

    Attributes:
        texts: The texts, oldest first.
        draft: The text in the composer when the search began.
        words: What the person has typed of the search.
        found: The number of the text found, or None.
    """

    texts: Sequence[str]
    draft: str
    words: str = ""
    found: int | None = None

    @property
    def shown(self) -> str:
        """The text found, or the draft."""
        return self.draft if self.found is None else self.texts[self.found]

    def narrowed(self, words: str) -> "HistorySearch":
        """Return the search for other words, from the newest text on."""
        return replace(self, words=words, found=self._before(len(self.texts), words) if words else None)

    def older(self) -> "HistorySearch":
        """Return the search at the next older text that differs from this one. It stays at the oldest."""
        start = len(self.texts) if self.found is None else self.found
        found = self._before(start, self.words)
        return self if found is None else replace(self, found=found)

    def _before(self, end: int, words: str) -> int | None:
        folded = words.casefold()
        same = self.texts[end] if end < len(self.texts) else None
        hits = (at for at in reversed(range(end)) if folded in self.texts[at].casefold())
        return next((at for at in hits if self.texts[at] != same), None)
