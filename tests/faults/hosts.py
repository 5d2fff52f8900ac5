"""The faults of archives on two hosts with one database: they hit the writer, its ways to the servers, the database.

Each fault measures how long it takes until the archive says that it stalls, or records a post again.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random

import orjson
import psycopg

from testkit.postgres import Postgres
from testkit.wait import until
from tests.faults import network
from tests.faults.room import newest_number
from tests.faults.world import ARCHIVE, READY_SECONDS, Replica, World

NOTICED_SECONDS = 15
RECOVERED_SECONDS = 30
PAUSE_SECONDS = 3
TRIES = 200
IN_TRANSACTION = b"SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"


def kill_writer(world: World, chance: Random) -> None:
    """Kill the writer with SIGKILL, and start another archive on its host."""
    writer = _writer(world)
    world.note("kill -9 writer", writer.process.name)
    world.replicas[ARCHIVE].remove(writer)
    with _until_recorded(world, "writer killed"):
        writer.process.kill()
    time.sleep(chance.uniform(0, 2))
    world.start(ARCHIVE)


def pause_writer(world: World, chance: Random) -> None:
    """Pause the writer in a transaction; it goes on after another archive has recorded with its lease."""
    writer = _writer(world)
    try:
        with _until_recorded(world, "writer paused"):
            place = "in a transaction" if _stop_in_transaction(world, writer) else "between transactions"
            world.note(f"SIGSTOP writer {place}", writer.process.name)
            _close_connections(world, writer)
        time.sleep(chance.uniform(0, PAUSE_SECONDS))
    finally:
        writer.process.send(signal.SIGCONT)


def part_from_broker(world: World, chance: Random) -> None:
    """Cut the writer off from the broker, which gives its lease to another archive at once."""
    writer = _writer(world)
    world.note("writer parted from the broker", writer.process.name)
    with network.cut(writer.place):
        with _until_recorded(world, "writer parted from the broker"):
            _close_connections(world, writer)
        time.sleep(chance.uniform(0, PAUSE_SECONDS))


def part_from_database(world: World, chance: Random) -> None:
    """Cut the writer off from the database, but not from the broker."""
    writer = _writer(world)
    world.note("writer parted from the database", writer.process.name)
    with _until_recorded(world, "writer parted from the database"), network.cut(writer.database_place):
        _wait_until_stalled(world, "writer parted from the database", writer)
        time.sleep(chance.uniform(0, PAUSE_SECONDS))


def kill_database(world: World, chance: Random) -> None:
    """Kill the database with SIGKILL, and start it again."""
    world.note("kill -9 database")
    server(world).kill()
    time.sleep(chance.uniform(0, PAUSE_SECONDS))
    server(world).start()


def stop_database(world: World, chance: Random) -> None:
    """Stop the database, which closes all connections, and start it again."""
    world.note("database stopped")
    server(world).stop()
    time.sleep(chance.uniform(0, PAUSE_SECONDS))
    server(world).start()


def silence_database(world: World, chance: Random) -> None:
    """Drop all packets to and from the database for a while: its connections stay open, and nothing answers."""
    world.note("database silent")
    with network.silent(server(world).port):
        time.sleep(chance.uniform(1, 5 * PAUSE_SECONDS))


def hit_database(world: World, chance: Random) -> None:
    """Kill the database, stop it, and let it be silent until the writer says that it stalls."""
    with _until_recorded(world, "database killed"):
        kill_database(world, chance)
    with _until_recorded(world, "database stopped"):
        stop_database(world, chance)
    writer = _writer(world)
    world.note("database silent")
    with _until_recorded(world, "database silent"), network.silent(server(world).port):
        _wait_until_stalled(world, "database silent", writer)


def server(world: World) -> Postgres:
    """Return the server of the database."""
    assert world.storage.server
    return world.storage.server


def _writer(world: World) -> Replica:
    """Return the archive that writes, once all replicas agree on it; raises AssertionError."""

    def only_one() -> Replica | None:
        writing = [replica for replica in world.replicas[ARCHIVE] if _writes(replica)]
        return writing[0] if len(writing) == 1 else None

    found = until(only_one, READY_SECONDS, "one archive writes")
    assert found
    return found


def _writes(replica: Replica) -> bool:
    try:
        return bool(orjson.loads(replica.process.health.read_bytes()).get("writing"))
    except FileNotFoundError:
        return False


def _stop_in_transaction(world: World, writer: Replica) -> bool:
    """Send SIGSTOP at a moment at which the writer is in a transaction; return whether one was found."""
    for _ in range(TRIES):
        writer.process.send(signal.SIGSTOP)
        time.sleep(0.01)  # the database finishes the statement that it has received
        if _is_in_transaction(world):
            return True
        writer.process.send(signal.SIGCONT)
        time.sleep(0.013)
    writer.process.send(signal.SIGSTOP)
    return False


def _is_in_transaction(world: World) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(_plain(world.storage.url)) as connection:
        row = connection.execute(IN_TRANSACTION).fetchone()
        return bool(row and row[0])
    return False


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


def _close_connections(world: World, replica: Replica) -> None:
    """Let the broker close the connections of a replica, which does not learn of it."""
    connections = world.system.broker.call("GET", "connections")
    world.system.broker.close_connections(each["name"] for each in connections if each.get("host") == replica.place)


def _wait_until_stalled(world: World, kind: str, writer: Replica) -> None:
    """Wait until the writer says that it cannot record."""
    before = len(writer.process.lines("archive.stalled"))
    world.measure(
        NOTICED_SECONDS,
        f"{kind}: the writer says so",
        lambda: len(writer.process.lines("archive.stalled")) > before,
    )


@contextmanager
def _until_recorded(world: World, kind: str) -> Iterator[None]:
    """Wait until the archive records a post after the block."""
    yield
    what, before = f"{kind}: the archive records again", newest_number(world.storage.copies)
    world.measure(RECOVERED_SECONDS, what, lambda: newest_number(world.storage.copies) > before)
