"""The errors that keep the client from starting.

    ClientError
    ├── BadUrl         AMQP_URL is not the address of a broker
    └── StateError     the author secret cannot be kept, or is damaged

The text of each error is for the person: it says what happened and what to do.
"""


class ClientError(Exception):
    """Base of the client's errors."""


class BadUrl(ClientError):
    """AMQP_URL is not the address of a broker."""


class StateError(ClientError):
    """The client cannot write its state directory, or the file there does not hold a secret."""
