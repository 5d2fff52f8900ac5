"""Rows of styled pieces: the form in which the transcript is drawn."""

from enum import Enum, auto
from typing import NamedTuple


class Look(Enum):
    """The kind of a piece. The widget chooses its colour and font."""

    PLAIN = auto()
    DIM = auto()
    NAME = auto()
    ACTION = auto()
    MENTION = auto()
    NEW = auto()
    PENDING = auto()
    REFUSED = auto()


class Piece(NamedTuple):
    """Text of one look.

    Attributes:
        text: The characters.
        look: Their kind.
        name: The user whose name the text is, which decides its colour.
        url: The target of the link that the text belongs to.
    """

    text: str
    look: Look
    name: str = ""
    url: str = ""


Pieces = tuple[Piece, ...]


class Row(NamedTuple):
    """One row.

    Attributes:
        prefix: The pieces before the text: time, name, or blanks.
        body: The pieces of the text.
        joint: The characters of an item's text between the row above and this one: none for its first row, a space or
            nothing where the text is wrapped. None if the row shows no text of an item.
        label: What introduces the text that begins here when it is copied with others; the date of a row with a date.
        tabs: Where a tab of the text, shown as spaces, begins in the body; below 0 if it begins in the joint.
        hidden: The rows that this row stands for.
    """

    prefix: Pieces
    body: Pieces
    joint: str | None = None
    label: str = ""
    tabs: tuple[int, ...] = ()
    hidden: "tuple[Row, ...]" = ()

    @property
    def is_divider(self) -> bool:
        """Whether the row stands above an item and is no part of it: a date, or the line above new messages."""
        return self.joint is None and bool(self.body) and not self.hidden
