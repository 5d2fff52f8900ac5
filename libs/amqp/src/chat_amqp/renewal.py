"""Connections that can renew the token by which they logged in: `connection.update-secret`.

RabbitMQ has added this method to AMQP 0-9-1 (https://www.rabbitmq.com/docs/oauth2#token-expiration), and py-amqp
lacks it (https://github.com/celery/py-amqp/issues/455).
"""

from typing import Any, ClassVar

from amqp import spec
from kombu.connection import Connection
from kombu.transport import pyamqp

UPDATE_SECRET = (10, 70)
UPDATE_SECRET_OK = (10, 71)


class RenewableConnection(pyamqp.Connection):
    """A connection of py-amqp that understands the answer to `connection.update-secret`."""

    _METHODS: ClassVar[dict[Any, Any]] = {**pyamqp.Connection._METHODS, UPDATE_SECRET_OK: spec.method(UPDATE_SECRET_OK)}


class RenewableTransport(pyamqp.Transport):
    """The transport of Kombu whose connections can be renewed."""

    Connection = RenewableConnection


def renew(connection: Connection, token: str) -> None:
    """Replace the token of an open connection. Channels and consumers go on, and the new scopes hold at once.

    The method does not wait for the answer of the broker, which nothing depends on: the broker closes the connection if
    it refuses the token.

    Args:
        connection: A connection that `connect` has opened.
        token: The new token, of the same user.

    Raises:
        OSError: The connection is lost.
    """
    amqp_connection: Any = connection.connection
    amqp_connection.send_method(UPDATE_SECRET, "Ss", (token, "renewal"))
