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
        joint: The characters between this row and the row above, if both belong to one text.
    """

    prefix: Pieces
    body: Pieces
    joint: str | None = None
