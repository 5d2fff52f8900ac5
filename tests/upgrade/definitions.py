"""Permissions and policies: those that `chat-admin init` wrote, and those that the broker has."""

import json
from collections.abc import Callable, Iterator
from typing import Any

KEYS = {"permissions": "user", "policies": "name"}


def missing(written: str, rabbitmqctl: Callable[..., str]) -> Iterator[str]:
    """Yield each written definition that the broker has not, or has otherwise.

    Args:
        written: The text of definitions.json.
        rabbitmqctl: Runs a command of rabbitmqctl, and returns its output.
    """
    for kind, key in KEYS.items():
        held = {each[key]: _decoded(each) for each in json.loads(rabbitmqctl(f"list_{kind}", "--formatter=json"))}
        for each in json.loads(written)[kind]:
            there = held.get(each[key], {})
            if there != {name: each[name] for name in there} or not there:
                yield f"{kind}: written {each}, but the broker has {there or 'none'}"


def _decoded(listed: dict[str, Any]) -> dict[str, Any]:
    """Return what rabbitmqctl lists in the form of definitions.json."""
    if isinstance(listed.get("definition"), str):
        listed["definition"] = json.loads(listed["definition"])
    return {name: value for name, value in listed.items() if name != "priority"}
