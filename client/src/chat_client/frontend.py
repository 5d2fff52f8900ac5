"""The choice between the two frontends: the full screen and the line client."""

from collections.abc import Iterable, Mapping
from typing import TextIO

NO_TERMINAL = ("", "dumb")  # values of TERM that stand for a device without cursor movement


def fits_full_screen(environ: Mapping[str, str], streams: Iterable[TextIO]) -> bool:
    """Return whether the client can draw on the whole terminal.

    Args:
        environ: The environment, of which only TERM counts.
        streams: Standard input, output and error. Textual reads the first and draws on the last, and a redirected
            output means that a program wants lines.
    """
    return environ.get("TERM", "") not in NO_TERMINAL and all(stream.isatty() for stream in streams)
