"""Opening a session late, as everything that talks to RabbitMQ takes time to load."""

from collections.abc import Callable

from chat_client.chat_session import ChatSession
from chat_client.events import Event

Emit = Callable[[Event], None]
OpenSession = Callable[[Emit], ChatSession]


def session_opener(url: str, secret: str) -> OpenSession:
    """Return a function that loads and makes the session; a frontend calls it once it has asked for the name."""

    def open_session(emit: Emit) -> ChatSession:
        from chat_client.session import Session

        return Session(url, secret, emit)

    return open_session
