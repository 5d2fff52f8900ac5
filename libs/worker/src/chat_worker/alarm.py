"""The alarm of a broker that is short of memory or disk (https://www.rabbitmq.com/docs/alarms)."""

from typing import Any

import structlog
from kombu.connection import Connection

from chat_worker import metrics

log = structlog.get_logger()


class Alarm:
    """Whether the broker blocks a connection, which publishes.

    The broker reads nothing from such a connection until the alarm ends. It says so, and when it ends.

    Attributes:
        active: Whether the broker blocks the connection.
    """

    def __init__(self, connection: Connection) -> None:
        """Begin to watch a connection.

        Args:
            connection: An open connection.
        """
        self.active = False
        amqp_connection: Any = connection.connection
        amqp_connection.on_blocked = self._begin
        amqp_connection.on_unblocked = self._end

    def _begin(self, _reason: str) -> None:
        """Note the alarm. py-amqp passes a constant in place of the reason that the broker gives."""
        self.active = True
        metrics.BROKER_BLOCKED.set(1)
        log.warning("broker.blocked")

    def _end(self) -> None:
        self.active = False
        metrics.BROKER_BLOCKED.set(0)
        log.info("broker.unblocked")
