"""The text of a message as wrapped rows, with its links."""

from collections.abc import Iterator
from itertools import accumulate

from chat_client.display import TAB, safe
from chat_client.fullscreen.links import links, target
from chat_client.fullscreen.row import Look, Piece, Row
from chat_client.fullscreen.wrapping import lines, safe_lines, wrap


def wrapped(text: str, width: int, look: Look) -> Iterator[Row]:
    """Yield the rows of a text, without prefixes."""
    for number, (said, line) in enumerate(zip(lines(text), safe_lines(text), strict=True)):
        found, tabs, end_before = links(line), _tabs(said), 0
        for start, end in wrap(line, width):
            joint = "\n" if number and not start else line[end_before:start]
            own_tabs = tuple(at - start for at in tabs if end_before <= at < end)
            yield Row((), tuple(_pieces(line, start, end, found, look)), joint, tabs=own_tabs)
            end_before = end


def _tabs(said: str) -> list[int]:
    """Return where each tab of a line begins when the line is shown."""
    if "\t" not in said:
        return []
    *parts, _rest = said.split("\t")
    ends = accumulate(len(safe(part)) + len(TAB) for part in parts)
    return [end - len(TAB) for end in ends]


def _pieces(line: str, start: int, end: int, found: list[tuple[int, int]], look: Look) -> Iterator[Piece]:
    """Yield the part of a line from `start` to `end`, split at the links that were found in the line."""
    for link_start, link_end in found:
        if start < link_end and link_start < end:
            if start < link_start:
                yield Piece(line[start:link_start], look)
            start, until = max(start, link_start), min(end, link_end)
            yield Piece(line[start:until], look, url=target(line[link_start:link_end]))
            start = until
    if start < end:
        yield Piece(line[start:end], look)
