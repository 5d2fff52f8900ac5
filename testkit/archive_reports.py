"""The health reports of archives."""

from typing import Any

import orjson

from testkit.processes import Process


def reported(process: Process) -> dict[str, Any]:
    """Return the health report."""
    return dict(orjson.loads(process.health.read_bytes()))


def writing(process: Process) -> bool:
    """Return whether an archive records the rooms and is well."""
    return bool(process.ready() and reported(process)["writing"])


def lobby(process: Process) -> dict[str, Any]:
    """Return the room's part of the health report."""
    return dict(reported(process)["rooms"]["lobby"])
