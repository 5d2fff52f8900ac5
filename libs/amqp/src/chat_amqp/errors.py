"""Errors of publishing.

AmqpError
└── Unconfirmed       the broker refused, returned or never confirmed a publication
"""


class AmqpError(Exception):
    """Base of the errors of this package."""


class Unconfirmed(AmqpError):
    """The broker did not take responsibility for a publication; the sender has to publish it again."""
