"""Isolation of the faults: namespaces for network, mounts and processes, which leave nothing behind.

When the first process of the namespaces ends, even by a kill, the kernel ends all processes in them and removes their
mounts and network.
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
    """Run the module again inside new namespaces.

    Args:
        module: The name of the module.
        arguments: Its command-line arguments.

    Returns:
        None inside the namespaces; the reason if this machine does not allow them.
    """
    if os.environ.get(INSIDE):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by default the first process of a namespace ignores it
        network.prepare()
        return None
    missing = [tool for tool in ("unshare", "ip", "tc", "mount") if not shutil.which(tool)]
    if missing:
        return f"install {', '.join(missing)}"
    for command in (UNSHARE, (*UNSHARE, "--map-root-user")):  # the second one works without root
        tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp(command[0], [*command, sys.executable, "-m", module, *arguments])
    return tried.stderr.strip()
