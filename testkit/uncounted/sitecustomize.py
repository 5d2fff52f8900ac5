"""Lets this process count nothing: Python imports this module at its start if PYTHONPATH has this directory."""

from typing import Any

from prometheus_client import Counter, Gauge, Histogram


def _itself(metric: Any, *_: Any, **__: Any) -> Any:
    return metric


for kind in (Counter, Gauge, Histogram):
    for method in ("labels", "inc", "set", "observe"):
        if hasattr(kind, method):
            setattr(kind, method, _itself)
