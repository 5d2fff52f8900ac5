"""The reasons of refusals and dead letters: codes from the source, meanings from the error classes."""

import ast
from typing import NamedTuple

from docs.generate.markdown import code, table
from docs.generate.source import calls, modules, text_in

INTRO = """
## Reasons

The messages `refused` and `posts_refused` and the headers of dead letters have a field `reason` with one of these
codes, and a field `text` that explains the case. Log lines of refusals have both as `reason` and `error`.

"""
OUTRO = """
The router writes a dead letter instead of `posts_refused` if the sender has no inbox.
"""
# Reasons without an error class.
MEANINGS = {
    "busy": "Too many questions wait in this registry replica.",
    "name_taken": "Another person holds the name.",
    "not_held": "Nobody holds the name that an operator wants to free.",
    "request_used": "The same claim got another name before.",
    "session_ended": "The session has ended: its person left, joined again elsewhere, or an operator freed the name.",
}
ALL = "`refused`, dead letter"
CARRIERS = {
    "busy": "`refused`",
    "crashes_worker": ALL,
    "deceptive_name": "`refused`",
    "full": "`refused`",
    "invalid_date": "`refused`",
    "invalid_name": "`refused`",
    "invalid_sender": "`refused`",
    "invalid_text": "`posts_refused`",
    "invalid_token": "`refused`, `posts_refused`",
    "invalid_words": "`refused`",
    "log_held": "log line",
    "name_alike": "`refused`",
    "name_taken": "`refused`",
    "newer_entry": "log line",
    "no_answer": "`refused`",
    "no_inbox": "dead letter",
    "no_sender": "`refused`",
    "not_held": "`refused`",
    "not_recorded": "`refused`",
    "request_used": "`refused`",
    "reserved_name": "`refused`",
    "search_too_wide": "`refused`",
    "session_ended": "`refused`",
    "storage_failed": "log line",
    "too_fast": "`posts_refused`",
    "too_long": "`refused`",
    "too_many_names": "`refused`",
    "undecodable": ALL,
    "unknown_room": "`refused`, `posts_refused`",
    "unknown_type": ALL,
    "wrong_key": "`refused`",
    "wrong_partition": "`posts_refused`",
    "wrong_sequence": "`posts_refused`",
    "wrong_time": "`posts_refused`",
}
NEVER_CARRIED = {"invalid", "unreadable_line"}  # the base class, and an error that is only counted


class Reason(NamedTuple):
    """A code, and what it means."""

    code: str
    meaning: str


def section() -> str:
    """Return the section. Fails for a reason that has no carrier or no meaning."""
    rows = [(code(name), CARRIERS[name], meaning) for name, meaning in sorted(reasons().items())]
    return INTRO + table(("reason", "carried by", "meaning"), rows) + OUTRO


def reasons() -> dict[str, str]:
    """Return the meaning of each reason that a message or a log line may carry, by its code."""
    found: dict[str, str] = {}
    for tree in modules().values():
        found |= dict(_of_classes(tree)) | {name: MEANINGS[name] for name in _in_calls(tree)}
    return {name: meaning for name, meaning in found.items() if name not in NEVER_CARRIED}


def _of_classes(tree: ast.Module) -> list[Reason]:
    """Return the reasons of error classes, with the first line of each class's docstring."""
    return [
        Reason(value, (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " "))
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.Assign)
        and getattr(line.targets[0], "id", "") == "reason"
        and (value := text_in(line.value))
    ]


def _in_calls(tree: ast.Module) -> list[str]:
    """Return the reasons in calls of `refuse` and `Refused`."""
    by_keyword = [each.value for call in calls(tree, "Refused") for each in call.keywords if each.arg == "reason"]
    by_position = [call.args[1] for call in calls(tree, "refuse") if len(call.args) > 1]
    return [text for node in (*by_keyword, *by_position) if (text := text_in(node))]
