"""Dead letters: publications that keep the deliveries that a service cannot handle."""

import re

import structlog

from chat_amqp import topology
from chat_amqp.publisher import Publication
from chat_wire.errors import DecodeError, UnknownType, WireError
from chat_worker import metrics
from chat_worker.clock import now
from chat_worker.delivery import Delivery

log = structlog.get_logger()

MAX_ERROR_TEXT = 1000  # characters; the headers have to fit into one frame
# Of a message that cannot be read. Otherwise a few large ones from a stranger would push all other letters out.
MAX_UNREADABLE_BYTES = 4096
# Everybody who can read the queue or the broker's disk could use these.
_SECRETS = re.compile(rb'("(?:token|secret)"\s*:\s*")(?:[^"\\]|\\.)*', re.DOTALL)


def dead_letter(delivery: Delivery, error: WireError) -> Publication:
    """Log a delivery as refused and return it, without tokens and secrets, for the queue dead-letters.

    Of a message that cannot be read, it keeps the first 4,096 bytes.

    Its headers are `reason`, `text`, `source` (the queue), `key` (its routing key), `sender` (the user that the broker
    vouches for) and `at` (microseconds since 1970-01-01 UTC).

    Args:
        delivery: The delivery.
        error: Why the service refuses it.
    """
    metrics.DEAD_LETTERS.inc()
    text = str(error)[:MAX_ERROR_TEXT]
    log.warning("delivery.refused", queue=delivery.queue, reason=error.reason, error=text)
    origin = {"source": delivery.queue, "key": delivery.routing_key, "sender": delivery.user_id or ""}
    return Publication(
        exchange=topology.DEAD.name,
        routing_key=delivery.queue,
        body=_SECRETS.sub(rb"\1***", _kept(delivery.body, error)),
        reply_to=delivery.reply_to,
        headers={"reason": error.reason, "text": text, **origin, "at": now()},
    )


def _kept(body: bytes, error: WireError) -> bytes:
    return body[:MAX_UNREADABLE_BYTES] if isinstance(error, DecodeError | UnknownType) else body
