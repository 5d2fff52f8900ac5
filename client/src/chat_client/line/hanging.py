"""A message at a terminal: its further rows are indented, so that none looks like another's message or a notice."""

INDENT = "    "
LEAST_COLUMNS = 20
_LINKS = ("http://", "https://")


def hanging(line: str, columns: int) -> str:
    """Return a line, broken into rows that fit a terminal.

    A terminal breaks a longer line itself, and a member who knows its width could have the next row begin like a
    message of somebody else. A link stays whole, so that the terminal can open it.

    Args:
        line: The line, safe to print.
        columns: The width of the terminal, in cells.
    """
    if columns < LEAST_COLUMNS or _width(line) <= columns:
        return line
    row, *words = line.split(" ")
    rows, used = [], _width(row)
    for word in words:
        width = _width(word)
        if used + 1 + width <= columns:
            row, used = f"{row} {word}", used + 1 + width
            continue
        rows.append(row)
        *whole, row = _cut(word, columns - len(INDENT))
        rows += whole
        used = _width(row)
    return "\n".join([*rows, row])


def _cut(word: str, room: int) -> list[str]:
    """Return a word in pieces that fit, behind the indent."""
    if word.isascii() and word.startswith(_LINKS):
        return [INDENT + word]
    pieces, used = [INDENT], 0
    for character in word:
        width = _width(character)
        if used + width > room:
            pieces.append(INDENT)
            used = 0
        pieces[-1] += character
        used += width
    return pieces


def _width(text: str) -> int:
    """Return the cells that a text takes, at least as many as any terminal needs."""
    if text.isascii():
        return len(text)
    from wcwidth import wcwidth  # loading it takes 25 ms, and most lines do not need it

    return sum(max(0, wcwidth(each)) for each in text)
