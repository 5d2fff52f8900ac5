"""The latest speakers, whom a person is most likely to answer."""

REMEMBERED = 50


class Speakers:
    """Names in the order of their latest messages."""

    def __init__(self) -> None:
        """Start without names."""
        self._names: dict[str, None] = {}

    def record(self, name: str) -> None:
        """Record a new message of a speaker. Keep only the latest REMEMBERED speakers."""
        self._names.pop(name, None)
        self._names[name] = None
        if len(self._names) > REMEMBERED:
            del self._names[next(iter(self._names))]

    def latest(self) -> list[str]:
        """Return the names, the latest speaker first."""
        return [*reversed(self._names)]
