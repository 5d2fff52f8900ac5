"""One source being consumed: what has arrived of it, and what has to be acknowledged."""

from typing import Any

from kombu.connection import Connection

from chat_worker.delivery import Delivery, Source, consumer_arguments, from_message


class Subscription:
    """Consumes a source on a channel of its own, so that one ack can settle all that was handled.

    Deliveries are only collected here. They are handled later, as publishing drains the connection
    and would otherwise nest one handler inside another. They are collected as they came: Kombu's own consumer would
    unpack bodies as their headers ask for, which any client may write, and fail outside of all that finds poison.
    """

    def __init__(self, connection: Connection, source: Source) -> None:
        self.source = source
        self._arrived: list[Any] = []
        self._kept: int | None = None
        self._channel: Any = connection.channel()
        self._channel.auto_decode = False
        self._channel.basic_qos(0, source.prefetch, False)
        self._channel.basic_consume(source.queue, callback=self._arrived.append, arguments=consumer_arguments(source))

    @property
    def waiting(self) -> int:
        """How many deliveries have arrived and not been taken."""
        return len(self._arrived)

    def take(self) -> tuple[list[Delivery], int]:
        """Everything that has arrived, oldest first, and the tag to acknowledge once it is handled."""
        taken = self._arrived[:]
        del self._arrived[: len(taken)]
        tag = int(taken[-1].delivery_tag) if taken else 0
        return [from_message(self.source, message) for message in taken], tag

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
