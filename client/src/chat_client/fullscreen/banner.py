"""The banner above the room, which says what the client waits for."""

from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from chat_client import display
from chat_client.fullscreen import clock
from chat_client.language import _, ngettext


class Banner(Widget):
    """Visible while the client waits for something; counts the seconds only then."""

    def __init__(self, *, id: str | None = None) -> None:
        """Create a hidden banner.

        Args:
            id: The widget's id in CSS.
        """
        super().__init__(id=id)
        self._text = ""
        self._since = 0.0
        self._unsent = 0
        self._timer: Timer | None = None

    def show_waiting(self, text: str) -> None:
        """Show what the client waits for. The seconds count from the first text since the banner was hidden."""
        if not self.display or not self._timer:
            self._since = clock.steady()
            self._timer = self.set_interval(1, self.refresh)
        self._text = text
        self.display = True
        self.refresh()

    def hide(self) -> None:
        """Hide the banner and stop counting."""
        self.display = False
        if self._timer:
            self._timer.stop()
        self._timer = None

    def show_unsent(self, count: int) -> None:
        """Show how many messages wait to be sent."""
        self._unsent = count
        self.refresh()

    def render(self) -> Content:
        """Return the text, the seconds, and the number of messages that wait."""
        seconds = int(clock.steady() - self._since)
        parts = [display.safe(self._text), _("{seconds} s").format(seconds=seconds)]
        if self._unsent:
            waiting = ngettext("{count} message waits", "{count} messages wait", self._unsent)
            parts.append(waiting.format(count=self._unsent))
        return Content(" · ".join(parts))
