"""Names that are cut to a width, and still differ."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from chat_client.display import safe
from chat_client.fullscreen.wrapping import ELLIPSIS

LEAST_NAME = 8


def short_names(names: Sequence[str], width: int) -> list[str]:
    """Return each name as it is shown in a width in cells, at least LEAST_NAME. No two different names look the same.

    A name that is too long is cut in the middle. If that makes two names equal, another part is cut; if they differ
    nowhere else, they are numbered.
    """
    shown = [safe(name) for name in names]
    used = {name for name in shown if cell_len(name) <= width}
    numbers: Counter[str] = Counter()
    found = []
    for name in shown:
        short = name if cell_len(name) <= width else _unused(name, width, used, numbers)
        used.add(short)
        found.append(short)
    return found


def _unused(name: str, width: int, used: set[str], numbers: Counter[str]) -> str:
    """Return a cut of a name that is not used yet. `numbers` has the last number behind each cut."""
    middle = width // 2
    for tail in sorted(range(width), key=lambda cells: abs(cells - middle)):
        cut = _cut(name, width - 1 - tail, tail)
        if cut not in used:
            return cut
    longest = _cut(name, width - 3, 0)
    number = max(2, numbers[longest] + 1)
    while (cut := f"{_cut(name, width - 2 - len(str(number)), 0)}{number}") in used:
        number += 1
    numbers[longest] = number
    return cut


@lru_cache(maxsize=8192)
def _cut(name: str, head: int, tail: int) -> str:
    """Return the first and the last cells of a name, with an ellipsis between them."""
    if name.isascii():
        return name[:head].rstrip(" ") + ELLIPSIS + name[len(name) - tail :]
    end = next(at for at in range(len(name) + 1) if cell_len(name[at:]) <= tail)
    return set_cell_size(name, head).rstrip(" ") + ELLIPSIS + name[end:]
