"""The state of the connection, as the frontend learns of it."""

from collections.abc import Callable

from chat_client.events import ConnectedAgain, ConnectionLost, Event, Waiting, WaitingOver


class ConnectionStatus:
    """Tells each change once: the reason for waiting, and that the connection is lost or back."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        """Start without a reason for waiting."""
        self._emit = emit
        self._waiting_for = ""
        self._lost = False

    def wait_for(self, reason: str) -> None:
        """Tell the reason for waiting if it is another one; empty if there is none any more."""
        if reason != self._waiting_for:
            self._emit(Waiting(text=reason) if reason else WaitingOver())
        self._waiting_for = reason

    def lost(self, loss: ConnectionLost | Waiting, *, joined: bool) -> None:
        """Tell that the connection is lost; a member that has not joined learns only of a reason for waiting."""
        if isinstance(loss, Waiting):
            self.wait_for(loss.text)
        elif joined and not self._lost:
            self._emit(loss)
        self._lost = joined

    def back(self) -> None:
        """Tell that the session goes on."""
        self.wait_for("")
        if self._lost:
            self._lost = False
            self._emit(ConnectedAgain())
