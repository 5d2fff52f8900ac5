"""The way to the broker: opens the connection of a session with its token, or that of the entrance."""

from amqp.exceptions import AccessRefused, InternalError
from kombu.connection import Connection

from chat_amqp.connection import connect, with_login
from chat_amqp.errors import AmqpError
from chat_client.access import Access

# RabbitMQ 4.3 fails with an internal error if the text of the refusal is too long for a frame.
_REFUSALS = (AccessRefused, InternalError)


class TokenRefused(AmqpError):
    """The broker refuses a token that the registry has just granted. It has another key than the registry, or none."""


class Door:
    """Opens one connection after the other."""

    def __init__(self, url: str, access: Access) -> None:
        """Open nothing yet.

        Args:
            url: The AMQP URLs of the entrance, separated by semicolons.
            access: Knows the login of the session.
        """
        self._url = url
        self._access = access
        self._at_entrance = False

    def open(self, now: float) -> tuple[Connection, str | None]:
        """Open a connection as the session; at the entrance if there is no session, or if its token is not valid.

        Args:
            now: The present time, in seconds on a clock that never goes back.

        Returns:
            The connection, and the session that is its user; None at the entrance.

        Raises:
            TokenRefused: The broker refused a token that is new.
            OSError: No node answered.
            amqp.exceptions.AMQPError: The broker refused the connection.
        """
        return self._open_session(now) or self._open_entrance()

    def _open_session(self, now: float) -> tuple[Connection, str] | None:
        login, is_new = self._access.login(now), self._at_entrance
        self._at_entrance = False
        if login is None:
            return None
        try:
            return connect(with_login(self._url, login.session, login.token), "chat client"), login.session
        except _REFUSALS as error:
            self._access.refused()
            if is_new:
                raise TokenRefused(str(error)) from error
            return None

    def _open_entrance(self) -> tuple[Connection, None]:
        connection = connect(self._url, "chat client")
        self._at_entrance = True
        return connection, None
