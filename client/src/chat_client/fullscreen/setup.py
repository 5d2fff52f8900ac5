"""Settings of Textual and of the garbage collector, made before Textual is imported."""

import gc
import os

# Python collects among all objects after so many collections of younger ones; its default is 10. In a room of many
# messages that takes 0.1 s, and a key has to wait: with this it happens once in 20 s of a flood, not every second.
FULL_COLLECTION = 200
# How often Textual looks for something to paint; its default is 60. A key is on the screen so much sooner.
# fullscreen.feed holds back for longer whatever the room brings.
PAINTS_A_SECOND = "120"
# Textual would believe these variables rather than ask the terminal for its size.
SIZE_VARIABLES = ("COLUMNS", "LINES")


def prepare(*, no_color: bool) -> None:
    """Set up the process for the full screen."""
    gc.set_threshold(*gc.get_threshold()[:2], FULL_COLLECTION)
    os.environ.setdefault("TEXTUAL_FPS", PAINTS_A_SECOND)
    if not no_color:  # an empty NO_COLOR asks for nothing, but Textual would obey it
        os.environ.pop("NO_COLOR", None)
    for variable in SIZE_VARIABLES:
        os.environ.pop(variable, None)
