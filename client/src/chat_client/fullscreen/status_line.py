"""The status line: room, connection, unsent messages, and the time."""

from datetime import UTC, datetime

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from chat_client.fullscreen import clock
from chat_client.language import _, ngettext
from chat_wire.units import SECOND


class StatusLine(Widget):
    """One row with a clock. While nothing happens it is drawn once a minute."""

    room = reactive("")
    connected = reactive(False)
    unsent = reactive(0)
    new_below = reactive(0)
    local_time = reactive(False)

    def on_mount(self) -> None:
        """Start the clock."""
        self._tick()

    def _tick(self) -> None:
        self.set_timer(60 - clock.now() / SECOND % 60, self._tick)
        self.refresh()

    def render(self) -> Content:
        """Return the state on the left and the time on the right."""
        left, right = "  ".join(self._state()), self._clock()
        gap = max(1, self.content_size.width - Content(left).cell_length - len(right))
        return Content(left + " " * gap + right)

    def _state(self) -> list[str]:
        parts = [f"#{self.room}", _("● connected") if self.connected else _("○ no connection")]
        if self.unsent:
            parts.append(ngettext("{count} unsent", "{count} unsent", self.unsent).format(count=self.unsent))
        if self.new_below:
            parts.append(ngettext("↓ {count} new", "↓ {count} new", self.new_below).format(count=self.new_below))
        return parts

    def _clock(self) -> str:
        now = datetime.fromtimestamp(clock.now() // SECOND, UTC)
        return now.astimezone().strftime("%H:%M") if self.local_time else now.strftime("%H:%M UTC")
