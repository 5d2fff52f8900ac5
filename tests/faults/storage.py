"""Where the archives of a run record: log.txt on one host or two, and the index in SQLite or PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chat_archive.__main__ import open_index
from testkit.postgres import Postgres
from testkit.processes import System
from tests.faults.room import LOG, Copies

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ANY = "0.0.0.0"  # each archive reaches the database by a loopback address of its own


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the archives record.

    Attributes:
        hosts: The DATA_DIR of each host.
        url: The URL of the index, from the run's own address.
        copies: The copies of the room that the archives write.
        server: The server of the index; None for SQLite.
    """

    hosts: Sequence[Path]
    url: str
    copies: Copies
    server: Postgres | None = None


def storage_of(system: System, server: Postgres | None) -> Storage:
    """Return the storage of a new system: one host with SQLite, or two hosts with an empty database."""
    hosts = [system.data, system.data.with_name("data-2")] if server else [system.data]
    for other in hosts[1:]:
        other.mkdir()
    url = server.create_database() if server else f"sqlite:///{system.data / 'index.sqlite'}"
    return Storage(hosts, url, Copies([host / LOG for host in hosts], open_index(url)), server)
