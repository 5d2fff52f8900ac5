"""Everything that can be wrong with how the client is started.

    ClientError
    ├── BadUrl         AMQP_URL is no address of a broker
    └── StateError     the author secret cannot be kept or is damaged

The text of each says what to do about it.
"""


class ClientError(Exception):
    """Base of the client's errors."""


class BadUrl(ClientError):
    """AMQP_URL does not name a broker."""


class StateError(ClientError):
    """The state directory cannot be written, or what it holds is no secret."""
