"""The banner above the room: what is not there, since when, and what waits for it."""

from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from chat_client import display
from chat_client.fullscreen import clock
from chat_client.language import _, ngettext


class Banner(Widget):
    """Shown as long as something is waited for; counts the seconds, and only then."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = ""
        self._since = 0.0
        self._unsent = 0
        self._timer: Timer | None = None

    def say(self, text: str) -> None:
        """Show what is waited for; counting goes on from when the first of it was said."""
        if not self.display or not self._timer:
            self._since = clock.steady()
            self._timer = self.set_interval(1, self.refresh)
        self._text = text
        self.display = True
        self.refresh()

    def hide(self) -> None:
        """All is there again."""
        self.display = False
        if self._timer:
            self._timer.stop()
        self._timer = None

    def count(self, unsent: int) -> None:
        """So many messages wait to be sent."""
        self._unsent = unsent
        self.refresh()

    def render(self) -> Content:
        """What is waited for, for how long, and the messages that wait with it."""
        seconds = int(clock.steady() - self._since)
        parts = [display.safe(self._text), _("{seconds} s").format(seconds=seconds)]
        if self._unsent:
            waiting = ngettext("{count} message waits", "{count} messages wait", self._unsent)
            parts.append(waiting.format(count=self._unsent))
        return Content(" · ".join(parts))
