"""The errors of the client that a person can correct.

    ClientError
    ├── BadUrl          AMQP_URL is not the address of a broker
    ├── StateError      the author secret cannot be kept, or is damaged
    └── BadPreference   a preference has a name or a value that does not exist; it ends nothing

The text of each error is for the person: it says what happened and what to do.
"""


class ClientError(Exception):
    """Base of the client's errors."""


class BadUrl(ClientError):
    """AMQP_URL is not the address of a broker."""


class StateError(ClientError):
    """The client cannot write its state directory, or the file there does not hold a secret."""


class BadPreference(ClientError):
    """There is no preference with this name, or it cannot have this value."""
