"""Errors of declaring and publishing.

AmqpError
├── DeclarationRefused    an exchange or queue exists and is not what this version needs
├── UnknownBroker         the broker is not the one that BROKER_ID names
└── Unconfirmed           the broker refused, returned or did not confirm a publication
"""


class AmqpError(Exception):
    """Base of the errors of this package."""


class DeclarationRefused(AmqpError):
    """An exchange or queue exists and is not what this version needs. The text says what differs and what to do.

    Attributes:
        name: The name of the exchange or queue.
    """

    def __init__(self, name: str, text: str) -> None:
        """Make the error.

        Args:
            name: The name of the exchange or queue.
            text: What differs and what to do.
        """
        super().__init__(text)
        self.name = name


class UnknownBroker(AmqpError):
    """The broker is not the one that BROKER_ID names. The text says what to do."""


class Unconfirmed(AmqpError):
    """The broker has not taken responsibility for a publication, so the sender has to publish it again."""
