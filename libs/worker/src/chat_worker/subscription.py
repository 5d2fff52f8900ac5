"""A consumed source: its deliveries that have arrived, and their acknowledgements."""

from typing import Any

from kombu.connection import Connection

from chat_worker.clock import steady
from chat_worker.delivery import Delivery, Source, consumer_arguments, from_message
from chat_worker.errors import ConsumerCancelled


class Subscription:
    """Consumes a source on its own channel, so one ack settles all deliveries that were handled.

    It only collects deliveries. The runtime handles them later: publishing drains the connection, which would
    otherwise nest one handler inside another. It does not use Kombu's consumer, which decodes bodies as their headers
    demand. A client can write any header, and an error there would escape the poison probe.
    """

    def __init__(self, connection: Connection, source: Source) -> None:
        """Begin to consume.

        Args:
            connection: An open connection.
            source: The queue or stream.

        Raises:
            amqp.exceptions.AMQPError: The broker refused.
        """
        self.source = source
        self._arrived: list[tuple[int, Any]] = []
        self._kept: int | None = None
        self._channel: Any = connection.channel()
        self._channel.auto_decode = False
        self._channel.basic_qos(0, source.prefetch, False)
        self._channel.basic_consume(
            source.queue, callback=self._collect, on_cancel=self._cancelled, arguments=consumer_arguments(source)
        )

    @property
    def waiting(self) -> int:
        """The number of deliveries that have arrived and are still to be handled."""
        return len(self._arrived)

    def pop_deliveries(self) -> tuple[list[Delivery], int]:
        """Remove and return all deliveries that have arrived.

        Returns:
            The deliveries, oldest first, and the tag to acknowledge after handling them.
        """
        messages = self._arrived[:]
        del self._arrived[: len(messages)]
        tag = int(messages[-1][1].delivery_tag) if messages else 0
        return [from_message(self.source, message, at) for at, message in messages], tag

    def acknowledge(self, tag: int) -> None:
        """Acknowledge all deliveries up to a tag; for a source with `keep_last`, all before it.

        Args:
            tag: The tag that `pop_deliveries` returned.
        """
        if not self._channel.is_open:
            return
        if not self.source.keep_last:
            self._channel.basic_ack(tag, multiple=True)
        elif tag - 1 >= (self._kept or 1):
            self._channel.basic_ack(tag - 1, multiple=True)
        self._kept = tag

    def close(self) -> None:
        """Stop consuming. The broker requeues the unacknowledged deliveries."""
        self._channel.close()

    def _collect(self, message: Any) -> None:
        self._arrived.append((steady(), message))

    def _cancelled(self, _tag: str) -> None:
        raise ConsumerCancelled(f"the broker cancelled the consumer of {self.source.queue}: is the queue still there?")
