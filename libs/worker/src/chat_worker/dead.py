"""What to do with a delivery that cannot be handled: keep it, say so, and tell its sender."""

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_wire.codec import encode
from chat_wire.errors import WireError
from chat_wire.messages import Refused
from chat_worker.clock import now
from chat_worker.delivery import Delivery

log = structlog.get_logger()

MOST_TOLD = 1000  # characters; headers have to fit into one frame


def dead_letter(delivery: Delivery, error: WireError) -> Publication:
    """The delivery as it came, for dead-letters, with the reason and the time (microseconds) in its headers."""
    log.warning("delivery.refused", queue=delivery.queue, reason=error.reason, error=str(error))
    return Publication(
        exchange=topology.DEAD.name,
        routing_key=delivery.queue,
        body=delivery.body,
        reply_to=delivery.reply_to,
        headers={"reason": error.reason, "text": str(error)[:MOST_TOLD], "source": delivery.queue, "at": now()},
    )


def refusal(delivery: Delivery, request: str | None, error: WireError) -> list[Publication]:
    """The answer that says why, if the sender's inbox is known."""
    return reply(delivery.reply_to, encode(Refused(request=request, reason=error.reason, text=str(error))))


def reply(inbox: str | None, body: bytes) -> list[Publication]:
    """An answer to an inbox; none if that is not an inbox. One that is gone is no error."""
    if inbox is None or not topology.is_inbox(inbox):
        return []
    return [Publication(exchange="", routing_key=inbox, body=body, mandatory=False)]
