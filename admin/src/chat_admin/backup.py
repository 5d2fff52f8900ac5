"""`chat-admin export` and `chat-admin import` at the terminal: their input, their output, and how far they came."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from chat_admin import time_limit
from chat_admin.exporting import exported
from chat_admin.importing import imported
from chat_wire.log_line import to_line

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_typed(text: str) -> int:
    """Return a time that an operator typed, in microseconds since 1970-01-01 UTC.

    Args:
        text: A day, or a day and a time, as ISO 8601 writes them; UTC unless it has an offset.

    Raises:
        argparse.ArgumentTypeError: It is not a time; the text says how to type it.
    """
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'{text!r:.80} is not a time: type a day or a day and a time in UTC, as in 2026-11-28 or "2026-11-28 20:15"'
        ) from None
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def export(url: str, room: str | None, since: int | None) -> None:
    """Write the recorded messages to stdout, and their number to stderr.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.
        room: The room's name; None for all rooms.
        since: The earliest time of arrival, in microseconds; None for any time.

    Raises:
        AdminError: The export is not complete; stderr says how many messages it has.
        OSError: The output cannot be written.
    """
    count, complete = 0, False
    try:
        for page in exported(url, room, since, _say_waiting):
            time_limit.stop()  # from here on it says when it waits
            sys.stdout.buffer.write(b"".join(map(to_line, page.messages)))
            count += len(page.messages)
        sys.stdout.flush()
        complete = True
    finally:
        _say(f"{count:,} messages exported" + ("" if complete else ": the export is not complete"))


def fill(url: str, path: str) -> None:
    """Import the messages of a file, and write to stderr how many are imported.

    Args:
        url: The URLs of the broker's nodes, separated by `;`.
        path: The file; - stands for stdin.

    Raises:
        AdminError: Some messages are not imported; stderr says up to which line they are.
        OSError: The file cannot be opened.
    """
    progress = None
    try:
        with _opened(path) as file:
            for reached in imported(url, file, _say_waiting):
                progress = reached
    finally:
        if progress:
            _say(f"{progress.added:,} messages imported, {progress.found:,} were there: up to line {progress.line:,}")
    if progress and progress.unfinished:
        _say("the last line is left out: it is cut, as the archive was writing it when it was copied")


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
    else:
        with Path(path).open("rb") as file:
            yield file


def _say_waiting(why: str) -> None:
    _say(f"waiting: {why}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)
