"""The state of the connection, as the frontend learns of it."""

from collections.abc import Callable

from chat_client.events import ConnectedAgain, ConnectionLost, Event, Waiting, WaitingOver


class ConnectionStatus:
    """Reports each change once: the reason for waiting, a lost connection, and the connection after it."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        """Start without a reason for waiting."""
        self._emit = emit
        self._waiting_for = ""
        self._lost = False

    def wait_for(self, reason: str) -> None:
        """Report a reason for waiting that differs from the last one. An empty text means that the wait is over."""
        if reason != self._waiting_for:
            self._emit(Waiting(text=reason) if reason else WaitingOver())
        self._waiting_for = reason

    def lost(self, loss: ConnectionLost | Waiting, *, joined: bool) -> None:
        """Report that the connection is lost. Before the member has joined, report only a reason for waiting."""
        if isinstance(loss, Waiting):
            self.wait_for(loss.text)
        elif joined and not self._lost:
            self._emit(loss)
        self._lost = joined

    def back(self) -> None:
        """Report that the session continues."""
        self.wait_for("")
        if self._lost:
            self._lost = False
            self._emit(ConnectedAgain())
