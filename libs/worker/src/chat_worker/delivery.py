"""Deliveries, and the sources that a worker consumes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_amqp.publisher import Publication
from chat_amqp.topology import OPERATOR_USER


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that arrived.

    Attributes:
        body: The body.
        queue: The queue or stream that it came from.
        exchange: The exchange that its sender published to.
        routing_key: The routing key that its sender used.
        reply_to: The address at which its sender wants the answer; a sender may write any text.
        headers: The AMQP headers; a sender may write anything.
        offset: The offset in the stream; None for a queue.
        redelivered: Whether the broker has delivered it before.
        arrived: When this worker received it, in microseconds of the steady clock (clock.py).
        user_id: The user of the connection that sent it; None if the sender left it out. The broker refuses every other
            value (https://www.rabbitmq.com/docs/validated-user-id). Of a dead letter that an operator replays, the
            user that had sent it.
    """

    body: bytes
    queue: str
    exchange: str
    routing_key: str
    reply_to: str | None
    headers: Mapping[str, Any]
    offset: int | None
    redelivered: bool
    arrived: int = 0
    user_id: str | None = None


Handler = Callable[[Sequence[Delivery]], Iterable[Publication]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A queue or stream to consume, and its handler.

    Attributes:
        queue: The name of the queue or stream.
        handle: Turns deliveries into publications. The runtime acknowledges the deliveries once the broker has
            confirmed the publications.
        prefetch: The largest number of unacknowledged deliveries (https://www.rabbitmq.com/docs/consumer-prefetch).
        offset: Where to begin in a stream: "first", "next", or an offset, inclusive
            (https://www.rabbitmq.com/docs/streams#consuming). None for a queue.
        priority: The consumer priority (https://www.rabbitmq.com/docs/consumer-priority).
        keep_last: Whether the newest delivery stays unacknowledged until a newer one has been handled. Set it for a
            message that is a lease: a worker has the lease while it holds the message.
        probe_poison: Whether a forked process may handle a suspected poison message first (poison_probe.py). Set it
            to False for a handler that has other effects than publications and memory, or that uses a connection.
        on_confirmed: Called after a round with deliveries of this source, when the broker has confirmed everything.
    """

    queue: str
    handle: Handler
    prefetch: int = 256
    offset: int | str | None = None
    priority: int | None = None
    keep_last: bool = False
    probe_poison: bool = True
    on_confirmed: Callable[[], None] | None = None


def consumer_arguments(source: Source) -> dict[str, Any]:
    """Return the arguments of basic.consume for a source."""
    wanted = {"x-stream-offset": source.offset, "x-priority": source.priority}
    return {name: value for name, value in wanted.items() if value is not None}


def from_message(source: Source, message: Any, arrived: int) -> Delivery:
    """Return the delivery in a message of py-amqp.

    Args:
        source: The source that the message came from.
        message: The message. Its sender may have written anything into its properties.
        arrived: When it arrived, in microseconds of the steady clock.
    """
    headers = message.properties.get("application_headers", {})
    return Delivery(
        body=message.body or b"",  # py-amqp gives an empty body as a str
        queue=source.queue,
        exchange=message.delivery_info["exchange"],
        routing_key=message.delivery_info["routing_key"],
        reply_to=message.properties.get("reply_to"),
        headers=headers,
        offset=None if source.offset is None else headers.get("x-stream-offset"),
        redelivered=message.delivery_info["redelivered"],
        arrived=arrived,
        user_id=_sender(message.properties.get("user_id"), headers),
    )


def _sender(user_id: str | None, headers: Mapping[str, Any]) -> str | None:
    """Return the user that sent a message, or for whom an operator sends it again."""
    if user_id != OPERATOR_USER:
        return user_id
    sender = headers.get("sender")
    return sender if isinstance(sender, str) and sender else user_id
