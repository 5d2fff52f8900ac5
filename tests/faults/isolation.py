"""A place of our own for faults: namespaces of network, mounts and processes, which leave nothing behind.

When the first process in it ends, in whatever way, all processes in it, its mounts and its network end too.
"""

import os
import shutil
import signal
import subprocess
import sys

from tests.faults import network

UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
INSIDE = "TERTULIA_FAULTS_ISOLATED"


def isolate(module: str, arguments: list[str]) -> str | None:
    """Go on as the same module in a place of our own; returns None once there, or why it cannot be had."""
    if os.environ.get(INSIDE):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # else the first process of a namespace ignores it
        network.prepare()
        return None
    missing = [tool for tool in ("unshare", "ip", "tc", "mount") if not shutil.which(tool)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    for command in (UNSHARE, (*UNSHARE, "--map-root-user")):  # the second is for who is not root
        tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp(command[0], [*command, sys.executable, "-m", module, *arguments])
    return tried.stderr.strip()
