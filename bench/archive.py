"""Scenario archive: how fast a room's stream gets into log.txt and the index.

The baseline writes and syncs the same lines without anything else.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path

import orjson

from bench.feed import batches, feed
from bench.result import Result, Target
from bench.stage import Stage
from bench.usage import memory, processor_seconds
from chat_amqp import topology
from chat_amqp.connection import connect
from chat_amqp.declarations import declare
from chat_archive.local_index import CHECKPOINT
from testkit.processes import Process, System
from testkit.wait import until

TARGET = Target(at_least=0.3)
RECORD_SECONDS = 300


def run(stage: Stage, quick: bool) -> Iterator[Result]:
    """Measure the lines per second for entries of 64 posts and of one post; all exist before the archive starts."""
    for size, posts in ((64, 200_000), (1, 20_000)):
        yield _measure(stage, size, (posts // 40 if quick else posts) // size * size)


def _measure(stage: Stage, size: int, posts: int) -> Result:
    with stage.system() as system:
        with connect(stage.operator_url, "bench") as connection:
            declare(connection, *topology.ROOM_STREAMS)
        feed(stage.operator_url, topology.ROOM.name, "lobby", batches(posts, size))
        archive = system.started("archive")
        until(lambda: _indexed(system.data) == posts, RECORD_SECONDS, f"the archive has recorded {posts} posts")
        used, megabytes = processor_seconds([archive.popen.pid]), memory(archive.popen.pid)
        lines = _checked_lines(system, posts)
        rounds = archive.lines("posts.recorded")
        baseline = _write_alone(stage.new_directory() / "log.txt", lines, [_count(each) for each in rounds])
        return Result(
            scenario="archive",
            case=f"{size} post{'s' * (size > 1)} per entry",
            unit="lines/s",
            ours=posts / _seconds(archive),
            baseline=posts / baseline,
            baseline_name="write and fsync of the same lines, in groups of the same size",
            target=TARGET,
            more={
                "lines per fsync": posts / len(rounds),
                "archive, processor ms per line, including its start": 1000 * used / posts,
                "archive, memory MB": megabytes,
            },
        )


def _indexed(data: Path) -> int:
    """Return the number of lines in the index."""
    try:
        with closing(sqlite3.connect(f"file:{data / 'index.sqlite'}?mode=ro", uri=True)) as index:
            row = index.execute(f"SELECT lines FROM {CHECKPOINT.name}").fetchone()
    except sqlite3.OperationalError:  # the file does not exist yet, or is locked
        return 0
    return row[0] if row else 0


def _checked_lines(system: System, posts: int) -> list[bytes]:
    """Return the lines of log.txt, after checking that they and the index have each post once, in order."""
    lines = (system.data / "log.txt").read_bytes().splitlines(keepends=True)
    places = [(line["offset"], line["index"]) for line in map(orjson.loads, lines)]
    assert places == sorted(set(places)), "log.txt is not in the stream's order"
    assert len(places) == posts, f"log.txt has {len(places)} lines for {posts} posts"
    with closing(sqlite3.connect(system.data / "index.sqlite")) as index:
        assert index.execute("SELECT count(*), max(number) FROM posts").fetchone() == (posts, posts)
    return lines


def _seconds(archive: Process) -> float:
    """Return the seconds from the start of reading the stream to the last recorded post, by the archive's log."""
    begun, ended = archive.lines("room.attached")[0], archive.lines("posts.recorded")[-1]
    return (datetime.fromisoformat(ended["timestamp"]) - datetime.fromisoformat(begun["timestamp"])).total_seconds()


def _count(line: dict[str, list[tuple[str, int, int]]]) -> int:
    return sum(last - first + 1 for _, first, last in line["runs"])


def _write_alone(path: Path, lines: Sequence[bytes], sizes: Sequence[int]) -> float:
    """Return the seconds that it takes to write groups of lines of these sizes, with an fsync after each group."""
    left = iter(lines)
    pieces = [b"".join(islice(left, size)) for size in sizes]
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        begun = time.monotonic()
        for piece in pieces:
            os.write(file, piece)
            os.fsync(file)
        return time.monotonic() - begun
    finally:
        os.close(file)
