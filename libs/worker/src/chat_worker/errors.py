"""Errors of the runtime: about a delivery, and about the worker itself.

WireError
├── Fatal      the delivery crashes the worker that handles it
└── NoInbox    the `reply_to` of a request does not name an inbox

AmqpError
└── ConsumerCancelled    the broker delivers nothing more from a queue

CannotServe    the worker must not work until somebody changes something
"""

from typing import ClassVar

from chat_amqp.errors import AmqpError
from chat_wire.errors import WireError


class Fatal(WireError):
    """The delivery crashes the worker that handles it; the text says how the process ends."""

    reason = "crashes_worker"


class NoInbox(WireError):
    """The AMQP `reply_to` of a request does not name an inbox, so a service cannot answer it."""

    reason = "no_inbox"


class ConsumerCancelled(AmqpError):
    """The broker has cancelled a consumer: somebody deleted its queue, or the queue has no node. The text names it."""


class CannotServe(Exception):
    """The worker must not work until somebody changes something: its connections close, and it tries again slowly.

    The text says what happened and what to do. `event` is the log event.
    """

    event: ClassVar[str]
