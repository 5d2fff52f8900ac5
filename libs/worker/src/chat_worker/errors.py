"""Errors of the runtime about a delivery.

WireError
├── Fatal      handling the delivery ends the worker
└── NoInbox    the delivery names no inbox for its answer
"""

from chat_wire.errors import WireError


class Fatal(WireError):
    """Handling the delivery ends the worker; the text says how."""

    reason = "crashes_worker"


class NoInbox(WireError):
    """The AMQP `reply_to` of a request names no inbox, so a service cannot answer it."""

    reason = "no_inbox"
