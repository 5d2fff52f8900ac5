"""Dead letters: publications that keep the deliveries that a service cannot handle."""

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_wire.errors import WireError
from chat_worker import metrics
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
    metrics.DEAD_LETTERS.inc()
    log.warning("delivery.refused", queue=delivery.queue, reason=error.reason, error=str(error))
    return Publication(
        exchange=topology.DEAD.name,
        routing_key=delivery.queue,
        body=delivery.body,
        reply_to=delivery.reply_to,
        headers={"reason": error.reason, "text": str(error)[:MAX_ERROR_TEXT], "source": delivery.queue, "at": now()},
    )
