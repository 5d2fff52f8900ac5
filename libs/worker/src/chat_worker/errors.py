"""What the runtime itself has against a delivery.

WireError
└── Fatal   a worker dies of it
"""

from chat_wire.errors import WireError


class Fatal(WireError):
    """Whoever handles the delivery dies; the text says how."""

    reason = "crashes_worker"
