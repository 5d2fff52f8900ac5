"""The sizes that an operator watches: of log.txt, and of the free space on its disk."""

import os
from pathlib import Path


def log_bytes(path: Path) -> int | None:
    """Return the size of log.txt; None if there is none, or if it cannot be found.

    Args:
        path: The path of log.txt.
    """
    try:
        return path.stat().st_size
    except OSError:
        return None


def free_bytes(path: Path) -> int | None:
    """Return how many bytes the archive can still write on the disk of log.txt; None if its disk does not answer.

    Args:
        path: The path of log.txt.
    """
    try:
        found = os.statvfs(path.parent)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize
