"""Opening a session late, as everything that talks to RabbitMQ takes time to load."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_client.events import Event

if TYPE_CHECKING:
    from chat_client.session import Session

Emit = Callable[[Event], None]
OpenSession = Callable[[Emit], "Session"]


def session_opener(url: str, secret: str) -> OpenSession:
    """Return a function that loads and makes the session; a frontend calls it once it has asked for the name."""

    def open_session(emit: Emit) -> "Session":
        from chat_client.session import Session

        return Session(url, secret, emit)

    return open_session
