"""Errors of the runtime about a delivery.

WireError
├── Fatal      the delivery crashes the worker that handles it
└── NoInbox    the `reply_to` of a request does not name an inbox
"""

from chat_wire.errors import WireError


class Fatal(WireError):
    """The delivery crashes the worker that handles it; the text says how the process ends."""

    reason = "crashes_worker"


class NoInbox(WireError):
    """The AMQP `reply_to` of a request does not name an inbox, so a service cannot answer it."""

    reason = "no_inbox"
