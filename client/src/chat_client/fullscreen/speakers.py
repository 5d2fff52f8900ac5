"""Who spoke last: whom one is most likely to answer. Pure."""

REMEMBERED = 50


class Speakers:
    """Names in the order in which they last spoke."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def spoke(self, name: str) -> None:
        """Somebody said something."""
        self._names.pop(name, None)
        self._names[name] = None
        if len(self._names) > REMEMBERED:
            del self._names[next(iter(self._names))]

    def latest(self) -> list[str]:
        """The names, the last speaker first."""
        return [*reversed(self._names)]
