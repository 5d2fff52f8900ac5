"""The text of a message as wrapped pieces, with its links."""

from collections.abc import Iterator

from chat_client.fullscreen.links import links, target
from chat_client.fullscreen.row import Look, Piece, Pieces
from chat_client.fullscreen.wrapping import safe_lines, wrap


def wrapped(text: str, width: int, look: Look) -> Iterator[tuple[Pieces, str]]:
    """Yield the rows of a text, each with the characters between it and the row before."""
    for line in safe_lines(text):
        found, end_before = links(line), None
        for start, end in wrap(line, width):
            joint = "\n" if end_before is None else line[end_before:start]
            yield tuple(_pieces(line, start, end, found, look)), joint
            end_before = end


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
