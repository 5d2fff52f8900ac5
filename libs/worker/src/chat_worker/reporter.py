"""Reports the health of a replica: each second to its own host, and each 5 s to operators, by a stream of the broker.

Nothing waits for a report in the stream. It is published on a channel without confirms, and not while the broker is in
alarm: operators see then that the replica does not report. `chat-admin status` reads the stream.
"""

import os
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import orjson

from chat_amqp import topology
from chat_amqp.publisher import Publication, send
from chat_worker import metrics, report_file
from chat_worker.broker import Broker
from chat_worker.clock import now
from chat_worker.settings import WorkerSettings

FORM = 1  # rises when an older `chat-admin status` would read a report wrongly
INTERVAL_SECONDS = 5


class Reporter:
    """Reports the health of a replica on one connection."""

    def __init__(self, settings: WorkerSettings, broker: Broker) -> None:
        """Make a reporter that does not use the stream yet.

        Args:
            settings: The settings that all services share.
            broker: The connections.
        """
        self._settings = settings
        self._broker = broker
        self._channel = broker.channel_without_confirms()
        self._channel.events["basic_return"].add(self._on_return)
        self._source = {
            "version": FORM,
            "service": settings.service,
            "instance": settings.instance,
            "release": version("chat-worker"),
            "interval": INTERVAL_SECONDS,
        }
        self._has_stream = self._lost_stream = False
        self._ready: Any = None
        self._due = 0.0

    def start(self) -> None:
        """Declare the stream, and use it from now on."""
        self._broker.declare(topology.HEALTH_STREAM)
        self._has_stream = True

    def report(self, report: Mapping[str, Any]) -> None:
        """Report the health to the file, and to the stream when it is due or when `ready` changes.

        Args:
            report: The health as the service sees it.
        """
        whole = self._with_alarm(report)
        metrics.set_health(whole)
        report_file.write(self._settings.health_file, whole)
        if time.monotonic() >= self._due or whole["ready"] != self._ready:
            self._publish(whole)

    def stop(self, report: Mapping[str, Any]) -> None:
        """Tell operators that the replica ends on purpose, so that they do not miss it.

        Args:
            report: The health as the service sees it.
        """
        self._publish({**self._with_alarm(report), "ready": False, "reason": "it was stopped", "stopped": True})

    def _with_alarm(self, report: Mapping[str, Any]) -> dict[str, Any]:
        if not self._broker.alarm.active:
            return {**report, "blocked": False}
        todo = "free memory or disk on its node; the replica goes on by itself"
        reason = f"the broker is in alarm and takes no messages: {todo}"
        return {**report, "blocked": True, "ready": False, "reason": reason}

    def _publish(self, report: Mapping[str, Any]) -> None:
        if not self._has_stream or self._broker.alarm.active:
            return
        self._due, self._ready = time.monotonic() + INTERVAL_SECONDS, report["ready"]
        if self._lost_stream:
            self._lost_stream = False
            self.start()
        body = orjson.dumps({**self._source, "at": now(), "pid": os.getpid(), **report}, default=str)
        send(self._channel, Publication(exchange=topology.HEALTH.name, routing_key="", body=body))

    def _on_return(self, *_: Any) -> None:
        self._lost_stream = True
