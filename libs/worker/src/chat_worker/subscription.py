"""One source being consumed: what has arrived of it, and what has to be acknowledged."""

from typing import Any

from kombu.connection import Connection
from kombu.entity import Queue
from kombu.messaging import Consumer

from chat_worker.delivery import Delivery, Source, consumer_arguments, from_message


class Subscription:
    """Consumes a source on a channel of its own, so that one ack can settle all that was handled.

    Deliveries are only collected here. They are handled later, as publishing drains the connection
    and would otherwise nest one handler inside another.
    """

    def __init__(self, connection: Connection, source: Source) -> None:
        self.source = source
        self._arrived: list[Any] = []
        self._kept: int | None = None
        self._channel: Any = connection.channel()
        self._channel.auto_decode = False
        self._channel.basic_qos(0, source.prefetch, False)
        queue = Queue(source.queue, no_declare=True, consumer_arguments=consumer_arguments(source))
        self._consumer = Consumer(self._channel, [queue], auto_declare=False, on_message=self._arrived.append)
        self._consumer.consume()

    @property
    def waiting(self) -> int:
        """How many deliveries have arrived and not been taken."""
        return len(self._arrived)

    def take(self) -> tuple[list[Delivery], int]:
        """Everything that has arrived, oldest first, and the tag to acknowledge once it is handled."""
        taken = self._arrived[:]
        del self._arrived[: len(taken)]
        tag = int(taken[-1].delivery_tag) if taken else 0
        return [from_message(self.source.queue, message) for message in taken], tag

    def acknowledge(self, tag: int) -> None:
        """Acknowledge all up to `tag`; of a source that keeps its last, all before it."""
        if not self._channel.is_open:
            return
        if not self.source.keep_last:
            self._channel.basic_ack(tag, multiple=True)
        elif tag - 1 >= (self._kept or 1):
            self._channel.basic_ack(tag - 1, multiple=True)
        self._kept = tag

    def close(self) -> None:
        """Stop, and give back what was not acknowledged."""
        self._channel.close()
