"""Opens links in the browser of the desktop, if there is one."""

import os
import sys
import webbrowser


def open_link(url: str) -> bool:
    """Open a link; False if nothing can. It may take seconds.

    Without a desktop nothing is opened: a browser for terminals would run on the one that the chat is on.
    """
    return _has_desktop() and webbrowser.open(url)


def _has_desktop() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
