"""Publications for a delivery that a service cannot handle: a dead letter, and a refusal for its sender."""

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_wire.codec import encode
from chat_wire.errors import WireError
from chat_wire.messages import Refused
from chat_worker.clock import now
from chat_worker.delivery import Delivery

log = structlog.get_logger()

MAX_ERROR_TEXT = 1000  # characters; the headers have to fit into one frame


def dead_letter(delivery: Delivery, error: WireError) -> Publication:
    """Log a delivery as refused and return it, unchanged, for the queue dead-letters.

    Its headers are `reason`, `text`, `source` (the queue) and `at` (microseconds since 1970-01-01 UTC).

    Args:
        delivery: The delivery.
        error: Why the service refuses it.
    """
    log.warning("delivery.refused", queue=delivery.queue, reason=error.reason, error=str(error))
    return Publication(
        exchange=topology.DEAD.name,
        routing_key=delivery.queue,
        body=delivery.body,
        reply_to=delivery.reply_to,
        headers={"reason": error.reason, "text": str(error)[:MAX_ERROR_TEXT], "source": delivery.queue, "at": now()},
    )


def refusal(delivery: Delivery, request: str | None, error: WireError) -> list[Publication]:
    """Return the answer `Refused` for the sender of a delivery.

    Args:
        delivery: The delivery.
        request: The id of the request; None if the service could not read it.
        error: Why the service refuses it.

    Returns:
        One publication; none if the delivery does not name an inbox.
    """
    return reply(delivery.reply_to, encode(Refused(request=request, reason=error.reason, text=str(error))))


def reply(inbox: str | None, body: bytes) -> list[Publication]:
    """Return an answer to an inbox. The broker drops it if the inbox does not exist any more.

    Args:
        inbox: The `reply_to` of the request.
        body: The answer.

    Returns:
        One publication; none if `inbox` is not the name of an inbox.
    """
    if inbox is None or not topology.is_inbox(inbox):
        return []
    return [Publication(exchange="", routing_key=inbox, body=body, mandatory=False)]
