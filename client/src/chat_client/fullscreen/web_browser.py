"""The browser of the desktop."""

import os
import sys
import webbrowser


def open_link(url: str) -> bool:
    """Open a link, which may take seconds. Return False if nothing can open it.

    Without a desktop the link stays closed: a text browser would start in the terminal that the chat uses.
    """
    return _has_desktop() and webbrowser.open(url)


def _has_desktop() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
