"""What the archive's writer does by its clock, which stands still here until the test moves it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event
from typing import Any

import pytest
from structlog.testing import capture_logs

from chat_archive.index import Index
from chat_archive.rooms import IDLE_AFTER, SECOND
from chat_archive.service import RENEW_EVERY, REPORT_LAG_EVERY, ArchiveService
from chat_archive.settings import archive_settings
from chat_wire.messages import Batch, Post, Run
from chat_worker.broker import Broker
from chat_worker.clock import now
from chat_worker.runtime import do_round
from testkit.processes import System
from testkit.stream import Speaker
from testkit.wait import until

LATE = 60 * SECOND


class Clock:
    """Says always the same time; `now` is in microseconds."""

    def __init__(self) -> None:
        self.now = 3600 * SECOND

    def __call__(self) -> int:
        return self.now


class Writer:
    """An archive replica in this process, which works while something is waited for."""

    def __init__(self, system: System, broker: Broker) -> None:
        key = system.broker.secrets_dir / "archive" / "token_public_key"
        environ = {"DATA_DIR": str(system.data), "TOKEN_PUBLIC_KEY_FILE": str(key)}
        self.clock = Clock()
        settings = archive_settings(environ, "archive")
        self.service = ArchiveService(settings, Index(settings.index_url), broker, self.clock)
        self._broker = broker
        broker.publish(self.service.start())

    def works_until(self, condition: Callable[[], Any]) -> None:
        """Do round after round until a condition holds."""

        def worked() -> Any:
            self._broker.wait(0.1)
            do_round(self._broker, self.service)
            return condition()

        until(worked, 30)

    def records(self, offset: int) -> None:
        """Work until an entry of the room is recorded."""
        self.works_until(lambda: self.lobby()["recorded"] == offset)

    def lobby(self) -> dict[str, Any]:
        """What the health report says of the room."""
        return dict(self.service.health()["rooms"]["lobby"])


@pytest.fixture
def writer(system: System) -> Iterator[Writer]:
    """A replica that has the baton and writes."""
    with Broker(system.url("archive"), "archive", Event(), on_heartbeat=lambda: None) as broker:
        made = Writer(system, broker)
        made.works_until(lambda: made.service.health()["writing"])
        yield made
        made.service.close()


def batons(system: System) -> tuple[int, int, int]:
    """How many were ever put out, how many of them were given back, and how many there are."""
    queue = system.broker.queue(system.vhost, "archive.writer")
    counts = queue.get("message_stats", {})
    return counts.get("publish", 0), counts.get("ack", 0), queue.get("messages", 0)


def old_entry(sequence: int) -> Batch:
    """An entry that a router has stamped a minute ago."""
    run = Run(session="s", user="u", author="a", posts=(Post(sequence=sequence, client_ts=1, text="hola"),))
    return Batch(room="lobby", router="r", server_ts=now() - LATE, runs=(run,))


def test_the_baton_is_renewed_long_before_the_broker_takes_it_away(system: System, writer: Writer) -> None:
    writer.works_until(lambda: batons(system) == (1, 0, 1))

    writer.clock.now += RENEW_EVERY - 1
    assert not list(writer.service.tick())
    writer.clock.now += 1

    writer.works_until(lambda: batons(system) == (2, 1, 1))
    assert writer.service.health()["writing"]


def test_a_writer_that_is_behind_says_by_how_much_and_warns_once_a_minute(system: System, writer: Writer) -> None:
    with closing(Speaker(system)) as speaker, capture_logs() as logged:

        def warnings() -> list[tuple[Any, ...]]:
            return [(line["room"], line["recorded"]) for line in logged if line["event"] == "archive.behind"]

        for offset in (0, 1):
            speaker.publish(old_entry(offset + 1))
            writer.records(offset)
            assert LATE / SECOND <= writer.lobby()["behind_seconds"] < 2 * LATE / SECOND
        assert warnings() == [("lobby", 0)]

        writer.clock.now += max(IDLE_AFTER + 1, REPORT_LAG_EVERY)
        assert writer.lobby()["behind_seconds"] == 0, "nothing is left to be read"
        speaker.publish(old_entry(3))
        writer.records(2)
        assert warnings() == [("lobby", 0), ("lobby", 2)]
