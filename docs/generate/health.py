"""The page of the health report: fields from the services' `health` methods, meanings from the table here."""

import ast

from docs.generate.markdown import code, table
from docs.generate.source import modules, text_in

INTRO = """\
# Health report

Each service replaces its report every second. The setting `HEALTH_FILE` names the file; with `make up` it is in
`.run/health`. The report is one JSON object.

`python -m chat_worker.health` checks the report. It exits with status 0 if the report is at most 15 s old and `ready`
is true, else with 1 and the reason on stderr. A worker that does not do its work is not ready, and reports the
`reason`: what is wrong, and what to do. It writes no report while it is stuck or cannot write `HEALTH_FILE`.

While the broker is in alarm, because its node is short of memory or disk, it takes no publications. Each worker then
reports that it is not ready, and why. It goes on by itself when the alarm ends.

With `--end-stuck`, the check also ends a worker whose last report is older than 60 s. The worker first writes the
traceback of each thread to stderr. The health checks of the containers do this, and Docker starts the worker again.

An archive that cannot write is not ready: its disk is full, `log.txt` cannot be read or belongs to another user, the
database does not answer, or a paused archive holds `log.txt`. It still answers questions, unless the database is lost.
An archive without the writer lease has nothing to write, and stays ready. With PostgreSQL, an archive that cannot
continue `log.txt` of its host is not ready either, although the database has every message.

In a container the report is in memory (`/tmp`). With `make up` it is on the same disk as `log.txt`, so a full disk
stops the reports too.

```sh
HEALTH_FILE=.run/health/router-1.json .venv/bin/python -m chat_worker.health   # with make up
docker compose exec router python -m chat_worker.health                        # with Docker
```

## Reports in the stream

Each replica also publishes its report to the stream `workers.health`, every 5 s, and at once when `ready` changes.
`chat-admin status` reads it. A report there has these fields beside the others:

| field | meaning |
| --- | --- |
| `version` | 1; it rises when an older reader would read a report wrongly |
| `service`, `instance` | the replica |
| `release` | the version of the chat that it runs |
| `interval` | the seconds until the next report |
| `stopped` | true in the last report of a replica that stops in order; missing otherwise |

A replica without a connection to the broker cannot publish, and neither can one while the broker is in alarm.

## Fields

"""
MEANINGS = {
    ("all", "at"): "time of the report, in microseconds since 1970-01-01 UTC",
    ("all", "blocked"): "whether the broker is in alarm and takes no publications; missing without a connection",
    ("all", "pid"): "the process",
    ("all", "reason"): "why the replica is not ready, and what to do; missing while it is ready",
    ("archive", "baton"): "whether the replica holds the writer lease",
    ("archive", "free_bytes"): "the free bytes on the disk of `log.txt`; null if it does not answer",
    ("archive", "log"): "how far `log.txt` follows PostgreSQL, in the four fields below; null with SQLite, and while "
    "another replica of this host fills it",
    ("archive", "log_bytes"): "the size of `log.txt` of this host; null without one",
    ("archive", "ready"): "whether the replica does its work: it answers, and it records or could become the writer",
    ("archive", "rooms"): "for each room that this replica records or should record, the four fields below",
    ("archive", "stalled"): "why it cannot write, or null",
    ("archive", "writing"): "whether it records the rooms",
    ("archive, each room", "behind_posts"): "the number of posts that wait; it grows while the archive cannot write",
    ("archive, each room", "behind_seconds"): "the age of the oldest post that waits, or "
    "of one that was recorded late a moment ago; 0 otherwise",
    ("archive, each room", "recorded"): "the newest offset that is recorded",
    ("archive, each room", "seen"): "the newest offset that has arrived",
    ("archive, log", "lines"): "the number of lines in `log.txt`",
    ("archive, log", "of"): "the number of the newest line in PostgreSQL",
    ("archive, log", "problem"): "why `log.txt` cannot follow, or null",
    ("archive, log", "whole"): "whether `log.txt` has everything",
    ("registry", "connected"): "the number of sessions whose client is connected",
    ("registry", "names"): "the number of names in use",
    ("registry", "offset"): "the offset of the last applied entry of the journal",
    ("registry", "ready"): "whether the replica answers commands",
    ("router", "ready"): "whether the broker may give the replica any partition",
}
ALWAYS = {("all", "at"), ("all", "blocked"), ("all", "pid"), ("all", "reason")}
# The subject of the report of each module other than the readers of a room.
PARTS = {"service": "", "log_follower": ", log"}


def page() -> str:
    """Return the page. Fails for a field that has no meaning here."""
    header = ("service", "field", "meaning")
    return INTRO + table(header, [(service, code(field), MEANINGS[service, field]) for service, field in fields()])


def fields() -> list[tuple[str, str]]:
    """Return service and field of all that a report has."""
    found = set(ALWAYS)
    for module, tree in modules().items():
        package, _, rest = module.partition(".")
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and function.name == "health":
                service = package.removeprefix("chat_") + PARTS.get(rest.rpartition(".")[2], ", each room")
                found |= {(service, name) for name in _keys(function) if ("all", name) not in ALWAYS}
    return sorted(found)


def _keys(function: ast.FunctionDef) -> set[str]:
    dicts = (node for node in ast.walk(function) if isinstance(node, ast.Dict))
    return {name for each in dicts for key in each.keys if (name := text_in(key))}
