"""The archive's writer by a clock that stands still until the test moves it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event
from typing import Any

import pytest
from structlog.testing import capture_logs

from chat_archive.lease import RENEW_AFTER
from chat_archive.local_index import LocalIndex
from chat_archive.room_reader import IDLE_AFTER
from chat_archive.service import ArchiveService
from chat_archive.settings import archive_settings
from chat_archive.writer import REPORT_LAG_EVERY
from chat_wire.messages import Batch, Post, Run
from chat_wire.units import SECOND
from chat_worker.broker import Broker
from chat_worker.clock import now
from chat_worker.runtime import do_round
from testkit.processes import System
from testkit.stream import Speaker
from testkit.wait import until

LATE = 60 * SECOND


class Clock:
    """A clock that shows `now`, in microseconds, until a test changes it."""

    def __init__(self) -> None:
        """Begin an hour after zero."""
        self.now = 3600 * SECOND

    def __call__(self) -> int:
        """Return the time."""
        return self.now


class ArchiveReplica:
    """An archive replica in this process, which works while the test waits for something."""

    def __init__(self, system: System, broker: Broker) -> None:
        """Start the replica.

        Args:
            system: The system that the replica belongs to.
            broker: Its connection.
        """
        key = system.broker.secrets_dir / "archive" / "token_public_key"
        environ = {"DATA_DIR": str(system.data), "TOKEN_PUBLIC_KEY_FILE": str(key)}
        self.clock = Clock()
        settings = archive_settings(environ, "archive")
        self.service = ArchiveService(settings, LocalIndex(settings.index_url), broker, self.clock)
        self._broker = broker
        broker.publish(self.service.start())

    def works_until(self, condition: Callable[[], Any]) -> None:
        """Do rounds until a condition holds."""

        def worked() -> Any:
            self._broker.wait(0.1)
            do_round(self._broker, self.service)
            return condition()

        until(worked, 30)

    def records(self, offset: int) -> None:
        """Work until an entry of the room is recorded."""
        self.works_until(lambda: self.lobby()["recorded"] == offset)

    def lobby(self) -> dict[str, Any]:
        """Return the room's part of the health report."""
        return dict(self.service.health()["rooms"]["lobby"])


@pytest.fixture
def writer(system: System) -> Iterator[ArchiveReplica]:
    """Yield a replica that holds the writer lease and writes."""
    with Broker(system.url("archive"), "archive", Event(), on_heartbeat=lambda: None) as broker:
        made = ArchiveReplica(system, broker)
        made.works_until(lambda: made.service.health()["writing"])
        yield made
        made.service.close()


def leases(system: System) -> tuple[int, int, int]:
    """Return how many lease messages were published, how many acknowledged, and how many there are."""
    queue = system.broker.queue(system.vhost, "archive.writer")
    counts = queue.get("message_stats", {})
    return counts.get("publish", 0), counts.get("ack", 0), queue.get("messages", 0)


def old_entry(sequence: int) -> Batch:
    """Return an entry that a router stamped a minute ago."""
    run = Run(session="s", user="u", author="a", posts=(Post(sequence=sequence, client_ts=1, text="hola"),))
    return Batch(room="lobby", router="r", server_ts=now() - LATE, runs=(run,))


def test_the_holder_renews_the_writer_lease_long_before_the_broker_withdraws_it(
    system: System, writer: ArchiveReplica
) -> None:
    writer.works_until(lambda: leases(system) == (1, 0, 1))

    writer.clock.now += RENEW_AFTER - 1
    assert not list(writer.service.tick())
    writer.clock.now += 1

    writer.works_until(lambda: leases(system) == (2, 1, 1))
    assert writer.service.health()["writing"]


def test_a_writer_that_is_behind_reports_its_lag_and_warns_once_a_minute(
    system: System, writer: ArchiveReplica
) -> None:
    with closing(Speaker(system)) as speaker, capture_logs() as logged:

        def warnings() -> list[tuple[Any, ...]]:
            return [(line["room"], line["recorded"]) for line in logged if line["event"] == "archive.behind"]

        for offset in (0, 1):
            speaker.publish(old_entry(offset + 1))
            writer.records(offset)
            assert LATE / SECOND <= writer.lobby()["behind_seconds"] < 2 * LATE / SECOND
        assert warnings() == [("lobby", 0)]

        writer.clock.now += max(IDLE_AFTER + 1, REPORT_LAG_EVERY)
        assert writer.lobby()["behind_seconds"] == 0, "the whole stream is recorded"
        speaker.publish(old_entry(3))
        writer.records(2)
        assert warnings() == [("lobby", 0), ("lobby", 2)]
