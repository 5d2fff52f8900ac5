"""Settings of Textual and of the garbage collector, made before Textual is imported."""

import gc
import os

# Python runs a full collection after this many collections of the middle generation; its default is 10. In a room with
# many messages a full collection delays a key by 0.1 s. A flood of messages causes one each second by default, and one
# in 20 seconds with this value.
FULL_COLLECTION = 200
# How often Textual repaints, at most; its default is 60. A higher rate shortens the echo of a key. Messages of the room
# are painted less often: see fullscreen/feed.py.
PAINTS_A_SECOND = "120"
# Textual would use these variables instead of the size of the terminal.
SIZE_VARIABLES = ("COLUMNS", "LINES")


def prepare(*, no_color: bool) -> None:
    """Set up the process before Textual is imported.

    Args:
        no_color: Whether the person wants no colours.
    """
    gc.set_threshold(*gc.get_threshold()[:2], FULL_COLLECTION)
    os.environ.setdefault("TEXTUAL_FPS", PAINTS_A_SECOND)
    if not no_color:  # an empty NO_COLOR means nothing, but Textual would obey it
        os.environ.pop("NO_COLOR", None)
    for variable in SIZE_VARIABLES:
        os.environ.pop(variable, None)
