"""The health reports of the replicas, from the stream `workers.health`."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from amqp.exceptions import NotFound
from kombu.connection import Connection

from chat_admin.errors import NoReports, why
from chat_admin.status import REPORTS_KEPT
from chat_amqp import topology
from chat_amqp.connection import connect, recoverable_errors

CONNECT_SECONDS = 2.5
PREFETCH = 200
# A stream does not say where its end is. After so long without a report, the old ones have all arrived.
PAUSE_SECONDS = 0.3
FIRST_SECONDS = 2.0
ALL_SECONDS = 4.0


class Reports:
    """Reads the reports of the last 10 minutes, and those that follow. It connects again when it has to.

    Attributes:
        newest: The newest report of each replica, by service and instance.
    """

    def __init__(self, url: str) -> None:
        """Create the reader, without a connection.

        Args:
            url: The URLs of the broker's nodes with the user monitor, separated by `;`.
        """
        self.newest: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._url = url
        self._connection: Connection | None = None
        self._arrived = 0

    def read(self, seconds: float) -> None:
        """Take the reports that arrive; the first time, until those of the past have arrived.

        Args:
            seconds: The time to wait for new ones, if the connection is there already.

        Raises:
            NoReports: The broker did not answer, or refused.
        """
        try:
            if self._connection is None:
                self._connection = self._connected()
                self._read_past(self._connection)
            else:
                _drain_for(self._connection, seconds)
            self._connection.heartbeat_check()
        except NotFound:  # no replica of this version has run yet
            self.close()
        except recoverable_errors() as error:
            self.close()
            raise NoReports(why(error)) from error

    def close(self) -> None:
        """Close the connection, without waiting for the broker."""
        if self._connection is not None:
            with suppress(Exception):  # it is lost already
                self._connection.collect(socket_timeout=1)
        self._connection = None

    def _connected(self) -> Connection:
        connection = connect(self._url, "chat-admin status", within=CONNECT_SECONDS)
        channel: Any = connection.channel()
        channel.auto_decode = False
        channel.basic_qos(0, PREFETCH, False)
        # An interval counts from now by the broker's clock, which may differ from that of this host.
        offset = {"x-stream-offset": f"{REPORTS_KEPT.seconds}s"}

        def take(message: Any) -> None:
            self._take(message.body)
            channel.basic_ack(message.delivery_tag)

        channel.basic_consume(topology.HEALTH_STREAM.name, callback=take, arguments=offset)
        return connection

    def _read_past(self, connection: Connection) -> None:
        end = time.monotonic() + ALL_SECONDS
        _drain_for(connection, FIRST_SECONDS, first=True)
        before = -1
        while before != self._arrived and time.monotonic() < end:
            before = self._arrived
            _drain_for(connection, PAUSE_SECONDS)

    def _take(self, body: bytes) -> None:
        self._arrived += 1
        report = report_in(body)
        if report is not None:
            key = report["service"], report["instance"]
            if key not in self.newest or self.newest[key]["at"] <= report["at"]:
                self.newest[key] = report


def report_in(body: bytes | str) -> Mapping[str, Any] | None:
    """Return the report in the body of a message; None if this version cannot read it.

    Args:
        body: The body.
    """
    try:
        report = json.loads(body)
    except ValueError:
        return None
    if not isinstance(report, dict) or report.get("version") != 1:
        return None
    texts = isinstance(report.get("service"), str) and isinstance(report.get("instance"), str)
    return report if texts and isinstance(report.get("at"), int) else None


def _drain_for(connection: Connection, seconds: float, first: bool = False) -> None:
    """Process what arrives within some seconds, or only until the first frame."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            connection.drain_events(timeout=left)
        except TimeoutError:
            return
        if first:
            return
