"""The page of log events: names, levels and fields from the source, meanings from the table here."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from docs.generate.markdown import code, codes, table
from docs.generate.source import called, calls, modules, text_in

INTRO = """\
# Log events

The services write one JSON object per line to stdout; on a terminal they use the console form of structlog. Every line
has these fields:

| field | meaning |
| --- | --- |
| `timestamp` | time in UTC, ISO 8601 |
| `level` | `debug`, `info`, `warning`, `error` or `critical`; the setting `LOG_LEVEL` chooses the lowest |
| `event` | one of the events below |
| `service` | `registry`, `router` or `archive` |
| `instance` | the name of the replica (setting `INSTANCE`) |

A line about a message with a [trace](../how-to/follow-a-message.md#follow-a-trace) has its id as `trace_id`, and a line
about posts has a list of ids as `trace_ids`.

A field is missing in a line if its value is not known. A line about several messages has a field `runs`: a list of
session, first sequence and last sequence. The id of a message is `SESSION-SEQUENCE`, as in `log.txt`.
[Follow a message through the logs](../how-to/follow-a-message.md) uses these fields.

No line holds a token, a secret or the text of a message. Times in other fields are microseconds since 1970-01-01 UTC.
[Files on disk](files-on-disk.md) shows where the logs are.

## List of events

"""
LEVELS = ("debug", "info", "warning", "error", "critical", "exception", "log")
MEANINGS = {
    "answers.disconnected": "The connection for answers failed. The worker connects again, and works on meanwhile.",
    "answers.dropped": "Answers to clients could not be sent, so these ask again. It is logged every 10 s at most.",
    "archive.behind": "Posts of a room wait for more than 10 s, or were recorded so late. It is logged once a minute.",
    "archive.ready": "The replica can answer questions and become the writer.",
    "archive.resumed": "The writer works again after a stall.",
    "archive.stalled": "The writer cannot write; `reason` says why. It tries again every second.",
    "archive.writing": "The replica records the rooms.",
    "batch.published": "The router sends posts to a room. The broker has not confirmed them yet.",
    "baton.taken": "The replica received the writer lease.",
    "broker.blocked": "The broker is in alarm (memory or disk) and accepts no messages. The worker waits.",
    "broker.connected": "The worker connected to the broker.",
    "broker.lost": "The worker lost or closed its connection, as `error` says. It tries again within 2 s.",
    "broker.refused": "The broker refuses the worker; `todo` says what to do. It tries again every 10 s.",
    "broker.unblocked": "The alarm of the broker is over.",
    "broker.unknown": "The broker is not the one of `BROKER_ID`. The worker tries again every 10 s.",
    "connection.close_failed": "Closing a connection failed; it was lost already.",
    "connections.unavailable": "The broker lacks its event exchange. A lost client is noticed when its token expires.",
    "declaration.refused": "A queue or exchange exists and differs; `error` says what to do. It retries every 10 s.",
    "delivery.fatal": "A message kills the worker that handles it, by an exception. It went to `dead-letters`.",
    "delivery.refused": "A message that is not valid or cannot be answered went to `dead-letters`.",
    "departures.unavailable": "The broker lacks its event exchange. Probes find lost clients of 0.3.0 within a minute.",
    "entry.ignored": "The stream of a room has an entry that no service of this version writes.",
    "entry.refused": "The journal of the registry has an entry that no registry writes.",
    "file.exposed": "Other users may read a file or directory of the archive, and it cannot change that.",
    "file.protected": "The archive took the rights of other users from a file or directory, which had this `mode`.",
    "health.not_written": "The health report cannot be written, perhaps because the disk is full. The work goes on.",
    "index.caught_up": "The writer added lines of `log.txt` that the index lacked, about a MiB; more may follow.",
    "index.failed": "The index cannot answer a question.",
    "index.rebuilding": "The index does not match `log.txt`; the archive builds it again.",
    "journal.newer": "The journal has an entry of a newer version of the registry. This replica does not serve.",
    "log.cut": "The archive removed an incomplete last line, which a crash left in `log.txt`.",
    "log.filling": "The archive fills `log.txt` of this host from PostgreSQL; it is not whole yet.",
    "log.not_cut": "The archive could not remove an incomplete last line of `log.txt`.",
    "log.not_followed": "`log.txt` of this host does not follow PostgreSQL, as `error` says. Nothing is lost.",
    "log.repeated_lines": "`log.txt` has a message twice: somebody altered the file.",
    "log.set_aside": "`log.txt` contradicted PostgreSQL. It has another name now, and is filled again.",
    "log.unreadable_line": "`log.txt` has a line that no archive wrote: somebody altered the file.",
    "log.whole": "`log.txt` of this host has everything that is in PostgreSQL.",
    "metrics.served": "The replica serves its metrics to Prometheus.",
    "metrics.unavailable": "The port of the metrics cannot be used; `todo` says what to do. The work goes on.",
    "post.repeated": "The router dropped the second copy of a post.",
    "posts.recorded": "The archive recorded posts.",
    "posts.refused": "The router refused posts; `reason` says why. The sender receives the reason.",
    "posts.unrecordable": "The stream of a room has an entry that no router writes.",
    "queue.differs": "A queue has other arguments, from an older version (info) or from somewhere else (warning).",
    "question.answered": "The archive answered a question.",
    "question.late": "`/users` was answered with less than its asker knew: the journal was deleted, or is far behind.",
    "question.refused": "The archive refused a question.",
    "registry.no_state": "The journal lost its beginning, and no readable snapshot has it. The replica does not serve.",
    "registry.ready": "The replica handles commands.",
    "room.attached": "The writer reads the stream of a room.",
    "router.ready": "The replica handles posts. `seat` is its slot.",
    "session.claimed": "The registry granted a name to a new session.",
    "session.connected": "The broker has opened a connection for a session, which joined or is back.",
    "session.departed": "The client of a session lost its connection.",
    "session.ended": "A session ended; `reason` is `exited`, `taken` or `released`.",
    "session.refused": "The registry refused a command; `reason` says why.",
    "session.renewed": "A session has a new token. The level is `debug`.",
    "session.resumed": "A session came back through the entrance, and has a new token.",
    "settings.invalid": "A setting is missing or wrong. The process ends with status 2.",
    "snapshot.published": "The registry wrote a snapshot of its state.",
    "snapshot.refused": "The registry passes over newer snapshots that it cannot read, the last for this `reason`.",
    "stream.diverged": "A stream is shorter than remembered, or is another one. It is read again from its beginning.",
    "worker.crashed": "A defect: the line has the traceback, and the process ends with status 1.",
    "worker.started": "The process started.",
    "worker.stopped": "The process ends in order.",
    "writer.fenced": "Another replica has become the writer. This one, which was paused or cut off, reconnects.",
}
# The fields that the source passes as **name, and so the generator cannot read.
MORE_FIELDS = {
    "batch.published": ("trace_ids",),
    "post.repeated": ("trace_ids",),
    "posts.recorded": ("trace_ids",),
    "archive.behind": ("seen", "recorded", "behind_seconds", "behind_posts"),
    "posts.refused": ("session", "user", "runs", "sequences", "trace_ids"),
    "session.refused": ("user",),
}
SERVICES = {"chat_registry": "registry", "chat_router": "router", "chat_archive": "archive", "chat_worker": "all"}


@dataclass
class Event:
    """How the source logs an event."""

    services: set[str] = field(default_factory=set)
    levels: set[str] = field(default_factory=set)
    fields: dict[str, None] = field(default_factory=dict)
    has_more: bool = False  # fields that the source passes as **name


def page() -> str:
    """Return the page. Fails for an event that has no meaning here."""
    rows = [
        (
            code(name),
            ", ".join(sorted(event.levels)),
            ", ".join(sorted(event.services)),
            MEANINGS[name],
            _fields(name, event),
        )
        for name, event in sorted(events().items())
    ]
    return INTRO + table(("event", "level", "service", "meaning", "fields"), rows)


def events() -> dict[str, Event]:
    """Return the events that the services log, by name."""
    found: dict[str, Event] = {}
    for module, tree in modules().items():
        service = SERVICES.get(module.partition(".")[0])
        for call in calls(tree, *LEVELS) if service else ():
            for name in _names(tree, call):
                event = found.setdefault(name, Event())
                event.services.add(service or "")
                event.levels |= set(_levels(call))
                event.fields |= {each.arg: None for each in call.keywords if each.arg and each.arg != "exc_info"}
                event.has_more |= any(each.arg is None for each in call.keywords)
        for name in _raised(tree) if service else ():
            found[name] = Event({service or ""}, {"error"}, {"error": None})
    return found


def _raised(tree: ast.Module) -> Iterator[str]:
    """Yield the events of the errors that the runtime logs: the class attributes `event`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _assigned(ast.Module(node.body, []), "event")


def _fields(name: str, event: Event) -> str:
    return codes((*event.fields, *MORE_FIELDS.get(name, ())))


def _names(tree: ast.Module, call: ast.Call) -> Iterator[str]:
    """Yield the events that a call may log: its text, or the texts that its variable may have."""
    if not (isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "log"):
        return
    event = call.args[1 if called(call) == "log" else 0] if call.args else None
    if isinstance(event, ast.Name):
        yield from _assigned(tree, event.id)
    elif text := text_in(event):
        yield text


def _assigned(tree: ast.Module, name: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == name for target in node.targets):
            yield from (text for each in ast.walk(node.value) if (text := text_in(each)))


def _levels(call: ast.Call) -> list[str]:
    if called(call) == "log":
        return ["info", "error"]
    return ["error" if called(call) == "exception" else called(call)]
