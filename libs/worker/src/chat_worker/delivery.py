"""What a worker takes in: deliveries, and the sources they come from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_amqp.publisher import Publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that arrived; `offset` is its place in the stream it came from, None for a queue."""

    body: bytes
    queue: str
    exchange: str
    routing_key: str
    reply_to: str | None
    headers: Mapping[str, Any]
    offset: int | None
    redelivered: bool


Handler = Callable[[Sequence[Delivery]], Iterable[Publication]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A queue or stream to consume, and the function that turns its deliveries into publications.

    `offset` says where to attach to a stream: "first", "next", or a number, inclusive.
    `priority` is the consumer's (x-priority). With `keep_last` the newest delivery stays
    unacknowledged until a newer one has been handled: holding it is what it is for.

    `probe_poison` says that a forked process may first handle deliveries that came again and again (poison_probe.py):
    not for a handler that does more than return publications and remember, or that asks over a connection.
    """

    queue: str
    handle: Handler
    prefetch: int = 256
    offset: int | str | None = None
    priority: int | None = None
    keep_last: bool = False
    probe_poison: bool = True


def consumer_arguments(source: Source) -> dict[str, Any]:
    """The arguments of basic.consume for a source."""
    wanted = {"x-stream-offset": source.offset, "x-priority": source.priority}
    return {name: value for name, value in wanted.items() if value is not None}


def from_message(source: Source, message: Any) -> Delivery:
    """The delivery in a message of py-amqp. Its headers are what the sender wrote, who may be anybody."""
    headers = message.properties.get("application_headers", {})
    return Delivery(
        body=message.body or b"",  # a text if there is none
        queue=source.queue,
        exchange=message.delivery_info["exchange"],
        routing_key=message.delivery_info["routing_key"],
        reply_to=message.properties.get("reply_to"),
        headers=headers,
        offset=None if source.offset is None else headers.get("x-stream-offset"),
        redelivered=message.delivery_info["redelivered"],
    )
