"""Replies: the publications that answer the sender of a request, which the runtime sends apart (answers.py)."""

from collections.abc import Mapping
from typing import Any

from chat_amqp import traces
from chat_amqp.publisher import Publication
from chat_wire.codec import encode
from chat_wire.errors import WireError
from chat_wire.messages import Refused
from chat_worker import metrics
from chat_worker.answers import is_address
from chat_worker.delivery import Delivery


def refusal(delivery: Delivery, request: str | None, error: WireError) -> list[Publication]:
    """Return the answer `Refused` for the sender of a delivery, and count it.

    Args:
        delivery: The delivery.
        request: The id of the request; None if the service could not read it.
        error: Why the service refuses it.

    Returns:
        One publication; none if the delivery names no address.
    """
    metrics.REFUSALS.labels(error.reason).inc()
    return reply(delivery.reply_to, encode(Refused(request=request, reason=error.reason, text=str(error))))


def reply(address: str | None, body: bytes, headers: Mapping[str, Any] | None = None) -> list[Publication]:
    """Return an answer. The broker drops it if the client has gone.

    Args:
        address: The `reply_to` of the request.
        body: The answer.
        headers: The AMQP headers; None for those that carry the current trace.

    Returns:
        One publication; none if `address` is neither a reply address nor an inbox.
    """
    if address is None or not is_address(address):
        return []
    headers = traces.headers() if headers is None else headers
    return [Publication(exchange="", routing_key=address, body=body, mandatory=False, headers=headers)]
