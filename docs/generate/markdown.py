"""Pieces of Markdown."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; pipes in cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(_line(line) for line in lines) + "\n"


def code(text: str) -> str:
    """Return `text` as inline code; empty text stays empty."""
    return f"`{text}`" if text else ""


def codes(texts: Iterable[str]) -> str:
    """Return several texts as inline code, separated by commas."""
    return ", ".join(map(code, texts))


def _line(cells: Sequence[str]) -> str:
    text = " | ".join(cell.replace("|", "\\|") for cell in cells)
    return f"| {text} |".replace("|  |", "| |").replace("|  |", "| |")
