"""The page of metrics: names, types, labels and meanings from the source."""

import ast
from typing import NamedTuple

from docs.generate.log_events import SERVICES
from docs.generate.markdown import code, codes, table
from docs.generate.source import called, calls, modules, text_in

INTRO = """\
# Metrics

Each service shows its metrics to Prometheus over HTTP, without a password. The setting `METRICS_PORT` names the port,
and `METRICS_HOST` the address.

- **With Docker** it is port 9100 of each container, which only other containers reach.
- **With `make up`** each replica has a port of its own on 127.0.0.1. `.run/targets.json` has them, in the form that
  `file_sd_configs` of Prometheus reads.

```sh
docker compose exec router python -c \\
  'import urllib.request; print(urllib.request.urlopen("http://localhost:9100").read().decode())'

grep router-1 .run/targets.json             # with make up: the port of router-1
curl -s http://127.0.0.1:PORT/metrics
```

The values begin at 0 with each process. The server also shows the usual metrics of a process, such as
`process_resident_memory_bytes`, `process_cpu_seconds_total`, `process_start_time_seconds` and `process_open_fds`.

"""
TYPES = ("Counter", "Gauge", "Histogram")


class Metric(NamedTuple):
    """A metric in the source."""

    service: str
    name: str
    type: str
    labels: tuple[str, ...]
    meaning: str


def page() -> str:
    """Return the page."""
    rows = [(each.service, code(each.name), each.type, codes(each.labels), each.meaning) for each in metrics()]
    return INTRO + table(("service", "metric", "type", "labels", "meaning"), rows)


def metrics() -> list[Metric]:
    """Return the metrics of the services, those of all services first."""
    found = [
        Metric(SERVICES[package], name, called(call).lower(), _labels(call), text_in(call.args[1]) or "")
        for module, tree in modules().items()
        if (package := module.partition(".")[0]) in SERVICES
        for call in calls(tree, *TYPES)
        if call.args and (name := text_in(call.args[0]))
    ]
    return sorted(found, key=lambda metric: (metric.service != "all", metric.service, metric.name))


def _labels(call: ast.Call) -> tuple[str, ...]:
    given = call.args[2] if len(call.args) > 2 else None
    return tuple(map(ast.literal_eval, given.elts)) if isinstance(given, ast.Tuple) else ()
