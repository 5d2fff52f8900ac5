"""Errors of publishing.

AmqpError
└── Unconfirmed       the broker refused, returned or did not confirm a publication
"""


class AmqpError(Exception):
    """Base of the errors of this package."""


class Unconfirmed(AmqpError):
    """The broker has not taken responsibility for a publication, so the sender has to publish it again."""
