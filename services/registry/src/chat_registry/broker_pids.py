"""The processes of the broker, as its events name them."""

import re

_PID = re.compile(r"<(?P<node>.{1,255})\.(?P<creation>[0-9]{1,10})\.[0-9]{1,10}\.[0-9]{1,10}>")


def is_pid(pid: object) -> bool:
    """Return whether a value of an event is a process, such as `<rabbit@host.1795938335.857.0>`."""
    return isinstance(pid, str) and _PID.fullmatch(pid) is not None


def node_of(pid: str) -> tuple[str, int]:
    """Return the node of a process, and the creation: the number of the node's start, which rises with each.

    Args:
        pid: A process, for which `is_pid` holds.
    """
    found = _PID.fullmatch(pid)
    return (found["node"], int(found["creation"])) if found else ("", 0)
